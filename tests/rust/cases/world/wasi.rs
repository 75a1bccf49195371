//! WASI: what a store's guests get, and what they printed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trimaran::{
    ComponentServing, EnvVar, FixedClock, HttpBody, HttpHandler, HttpHeader, HttpRequest, HttpResponse,
    MemoryDirectory, MemoryFile, MemoryPreopen, OutputPipe, OutputSink, Preopen, Result, ServedRequest, Store,
    WasiConfig, WasiHttp, WasiInput, WasiOutput, http_header_value,
};

use super::hosted::Objects;
use super::{Object, Outcome, Problem, Run, Step, World, plain};

/// A sink that keeps what it is given.
#[derive(Default)]
pub(super) struct Collected(Mutex<Vec<u8>>);

impl OutputSink for Collected {
    fn write(&self, bytes: Vec<u8>) -> Result<bool> {
        self.0.lock().unwrap().extend(bytes);
        Ok(true)
    }
}

impl World {
    pub(super) fn serve(&mut self, step: &Step<'_>) -> Run {
        let (engine, pre) = (self.engine(step)?, self.component_pre(step)?);
        let words: Vec<String> = serde_json::from_value(step.value("request")?.clone()).map_err(|_| "no request")?;
        let [method, path, body] = <[String; 3]>::try_from(words).map_err(|_| "no request")?;
        let timeout = step.optional("timeout").map(|_| step.natural("timeout")).transpose()?;
        let pieces = Arc::<Collected>::default();
        let header = |name: &str, value: &[u8]| HttpHeader { name: name.to_owned(), value: value.to_vec() };
        let request = ServedRequest {
            method,
            scheme: "http".to_owned(),
            authority: "example.com:8080".to_owned(),
            path_with_query: path,
            headers: vec![header("X-Echo", &[0xe9]), header("Connection", b"close")],
            body: HttpBody::Bytes { bytes: body.into_bytes() },
            sink: Arc::clone(&pieces) as _,
        };
        let served = || {
            pre.check_handler()?;
            let (serving, store) = (ComponentServing::new(request)?, Store::new(&engine)?);
            let deadline = store.begin_deadline(timeout)?;
            let done = serving.run(&pre, &store);
            store.end_deadline(deadline)?;
            done?;
            let head = serving.response()?.unwrap();
            let body = String::from_utf8(pieces.0.lock().unwrap().clone()).unwrap();
            Ok(plain(format!("{} {} {body} {}", head.status, listed(&head.headers), listed(&serving.trailers()?))))
        };
        Ok(served())
    }
}

fn listed(headers: &[HttpHeader]) -> String {
    let text = |value: &[u8]| value.iter().copied().map(char::from).collect::<String>();
    let all: Vec<_> = headers.iter().map(|header| format!("{}: {}", header.name, text(&header.value))).collect();
    format!("{{{}}}", all.join(", "))
}

/// A sink that throws.
struct Throws {
    objects: Objects,
    name: String,
}

impl OutputSink for Throws {
    fn write(&self, _bytes: Vec<u8>) -> Result<bool> {
        Err(self.objects.throw(&self.name))
    }
}

/// Answers requests as the case says.
struct Answers {
    objects: Objects,
    answer: Value,
}

impl HttpHandler for Answers {
    fn handle(&self, request: Arc<HttpRequest>) -> Result<()> {
        let text = |place: usize| self.answer[place].as_str().map(str::to_owned);
        let bytes = |text: String| HttpBody::Bytes { bytes: text.into_bytes() };
        let trailers = Vec::new();
        match text(0).unwrap().as_str() {
            "describe" => {
                let head = request.head()?;
                let body = String::from_utf8(request.read(u64::MAX)?).unwrap();
                let all =
                    format!("{} {}://{}{} {body}", head.method, head.scheme, head.authority, head.path_with_query);
                request.respond(HttpResponse { status: 200, headers: Vec::new(), body: bytes(all), trailers })
            }
            "give" => {
                let status = self.answer[1].as_u64().unwrap().try_into().unwrap();
                let header = |pair: &Value| {
                    let name = pair[0].as_str().unwrap().to_owned();
                    let value = http_header_value(&name, pair[1].as_str().unwrap())?;
                    Ok(HttpHeader { name, value })
                };
                let headers = self.answer[2].as_array().unwrap().iter().map(header).collect::<Result<_>>()?;
                request.respond(HttpResponse { status, headers, body: bytes(text(3).unwrap()), trailers })
            }
            "fail" => request.fail(&text(1).unwrap(), text(2)),
            _ => Err(self.objects.throw(&text(1).unwrap())),
        }
    }
}

/// A directory that is gone after the case.
pub(super) struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("trimaran-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

impl World {
    pub(super) fn run_wasi(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        Ok(match step.text("op")? {
            "set_wasi" => {
                let config = self.wasi(step.value("config")?)?;
                self.store(step)?.set_wasi(config).map(nothing)
            }
            "output" => {
                let bytes = match self.objects.get(step.text("pipe")?) {
                    Some(Object::Pipe(pipe)) => pipe.contents(),
                    Some(Object::Sink(sink)) => Ok(sink.0.lock().unwrap().clone()),
                    _ => return Err("`pipe` is no pipe".to_owned()),
                };
                bytes.map(|bytes| plain(String::from_utf8(bytes).unwrap()))
            }
            "directory" => Ok(Outcome::Kept(Object::Directory(Arc::new(Directory::new())))),
            "put_file" => {
                let path = self.directory(step)?.path().join(step.text("name")?);
                std::fs::write(path, step.text("text")?).map_err(|error| error.to_string())?;
                Ok(nothing(()))
            }
            "get_file" => {
                let path = self.directory(step)?.path().join(step.text("name")?);
                Ok(plain(std::fs::read_to_string(path).map_err(|error| error.to_string())?))
            }
            unknown => return Err(format!("unknown op `{unknown}`")),
        })
    }

    pub(super) fn run_folder(&mut self, step: &Step<'_>) -> Run {
        let nothing = |()| plain(Value::Null);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ok(match step.text("op")? {
            "folder" => {
                let list = step.value("files")?.as_array().ok_or("`files` is no list")?;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let files = list.iter().map(|pair| MemoryFile { name: text(&pair[0]), bytes: text(&pair[1]).into() });
                let limit = |name| step.optional(name).and_then(Value::as_str).map(|text| text.parse().unwrap());
                let made = MemoryDirectory::new(files.collect(), limit("max_bytes"), limit("max_files"));
                made.map(|made| Outcome::Kept(Object::Folder(made)))
            }
            "folder_files" => {
                let pair = |file: MemoryFile| json!([file.name, text(file.bytes)]);
                self.folder(step)?.files().map(|files| plain(files.into_iter().map(pair).collect::<Vec<_>>()))
            }
            "folder_names" => self.folder(step)?.names().map(plain),
            "folder_read" => self.folder(step)?.read(step.text("name")?.to_owned()).map(|bytes| plain(text(bytes))),
            "folder_write" => {
                let (name, bytes) = (step.text("name")?.to_owned(), step.text("text")?.as_bytes());
                self.folder(step)?.write(name, bytes).map(nothing)
            }
            _ => self.folder(step)?.remove(step.text("name")?.to_owned()).map(nothing),
        })
    }

    fn wasi(&self, settings: &Value) -> Result<WasiConfig, Problem> {
        let mut config = WasiConfig::default();
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"));
        let number = |value: &Value| text(value)?.parse().map_err(|_| format!("{value} is no number"));
        let list = |value: &Value| value.as_array().cloned().ok_or_else(|| format!("{value} is no list"));
        for (name, value) in settings.as_object().ok_or("`config` is no object")? {
            match name.as_str() {
                "argv" => config.argv = list(value)?.iter().map(text).collect::<Result<_, _>>()?,
                "env" => {
                    for pair in list(value)? {
                        let [name, value] = [text(&pair[0])?, text(&pair[1])?].map(String::into_bytes);
                        config.env.push(EnvVar { name, value });
                    }
                }
                "stdin" => config.stdin = Some(WasiInput::Bytes { bytes: text(value)?.into_bytes() }),
                "stdin_file" => config.stdin = Some(WasiInput::File { path: text(value)?.into() }),
                "stdout" => config.stdout = Some(self.pipe(&text(value)?, None)),
                "stderr" => config.stderr = Some(self.pipe(&text(value)?, None)),
                "stdout_limited" => {
                    config.stdout = Some(self.pipe(&text(&value[0])?, value[1].as_u64()));
                }
                "stdout_sink" => {
                    let sink = Arc::new(Collected::default());
                    self.objects.keep(&text(value)?, Object::Sink(Arc::clone(&sink)));
                    config.stdout = Some(WasiOutput::Sink { sink });
                }
                "stdout_throws" => {
                    let sink = Arc::new(Throws { objects: self.objects.clone(), name: text(value)? });
                    config.stdout = Some(WasiOutput::Sink { sink });
                }
                "preopens" => {
                    for preopen in list(value)? {
                        let Some(Object::Directory(directory)) = self.objects.get(&text(&preopen[0])?) else {
                            return Err(format!("{} is no directory", preopen[0]));
                        };
                        config.preopens.push(Preopen {
                            host_path: directory.path().to_str().ok_or("the directory's path is not UTF-8")?.into(),
                            guest_path: text(&preopen[1])?,
                            read_only: preopen[2].as_bool().ok_or("no truth value")?,
                            max_bytes: preopen.get(3).map(number).transpose()?,
                            max_files: preopen.get(4).map(number).transpose()?,
                        });
                    }
                }
                "memory_preopens" => {
                    for preopen in list(value)? {
                        let Some(Object::Folder(directory)) = self.objects.get(&text(&preopen[0])?) else {
                            return Err(format!("{} is no folder in memory", preopen[0]));
                        };
                        config.memory_preopens.push(MemoryPreopen {
                            directory,
                            guest_path: text(&preopen[1])?,
                            read_only: preopen[2].as_bool().ok_or("no truth value")?,
                        });
                    }
                }
                "http" => {
                    let handler = Arc::new(Answers { objects: self.objects.clone(), answer: value.clone() });
                    config.http = Some(WasiHttp::Handler { handler });
                }
                "max_http_body" => config.max_http_body = Some(number(value)?),
                "max_transfer" => config.max_transfer = Some(number(value)?),
                "clock" => config.clock = Some(FixedClock { start: number(&value[0])?, step: number(&value[1])? }),
                "random_seed" => config.random_seed = Some(number(value)?),
                unknown => return Err(format!("unknown setting `{unknown}`")),
            }
        }
        Ok(config)
    }

    fn pipe(&self, name: &str, capacity: Option<u64>) -> WasiOutput {
        let pipe = OutputPipe::new(capacity).unwrap();
        self.objects.keep(name, Object::Pipe(Arc::clone(&pipe)));
        WasiOutput::Pipe { pipe }
    }
}
