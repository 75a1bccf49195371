//! `wasi:http`: headers, which wasmtime-wasi-http keeps, and how much room they take.

use wasmtime::component::Resource;
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::{HostFields, HostRequestOptions, RequestOptions};
use wasmtime_wasi_http::p2::{HeaderError, HeaderResult};

use crate::wasi::preview2::http::Requests;

type Fields = Resource<FieldMap>;

impl Requests<'_> {
    /// A resource that a call has made.
    fn made(&mut self, fields: Fields) -> wasmtime::Result<Fields> {
        self.note_fields(&fields)?;
        Ok(fields)
    }

    /// A resource that a call has changed.
    fn changed(&mut self, fields: &Fields) -> HeaderResult<()> {
        self.note_fields(fields).map_err(HeaderError::trap)
    }
}

impl HostFields for Requests<'_> {
    fn new(&mut self) -> wasmtime::Result<Fields> {
        let fields = HostFields::new(&mut self.inner())?;
        self.made(fields)
    }

    fn from_list(&mut self, entries: Vec<(String, Vec<u8>)>) -> HeaderResult<Fields> {
        let fields = HostFields::from_list(&mut self.inner(), entries)?;
        self.made(fields).map_err(HeaderError::trap)
    }

    fn drop(&mut self, fields: Fields) -> wasmtime::Result<()> {
        self.http.forget(fields.rep());
        HostFields::drop(&mut self.inner(), fields)
    }

    fn get(&mut self, fields: Fields, name: String) -> wasmtime::Result<Vec<Vec<u8>>> {
        HostFields::get(&mut self.inner(), fields, name)
    }

    fn has(&mut self, fields: Fields, name: String) -> wasmtime::Result<bool> {
        HostFields::has(&mut self.inner(), fields, name)
    }

    fn set(&mut self, fields: Fields, name: String, values: Vec<Vec<u8>>) -> HeaderResult<()> {
        let same = Resource::new_borrow(fields.rep());
        HostFields::set(&mut self.inner(), fields, name, values)?;
        self.changed(&same)
    }

    fn delete(&mut self, fields: Fields, name: String) -> HeaderResult<()> {
        let same = Resource::new_borrow(fields.rep());
        HostFields::delete(&mut self.inner(), fields, name)?;
        self.changed(&same)
    }

    fn append(&mut self, fields: Fields, name: String, value: Vec<u8>) -> HeaderResult<()> {
        let same = Resource::new_borrow(fields.rep());
        HostFields::append(&mut self.inner(), fields, name, value)?;
        self.changed(&same)
    }

    fn entries(&mut self, fields: Fields) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        HostFields::entries(&mut self.inner(), fields)
    }

    fn clone(&mut self, fields: Fields) -> wasmtime::Result<Fields> {
        let fields = HostFields::clone(&mut self.inner(), fields)?;
        self.made(fields)
    }
}

type Options = Resource<RequestOptions>;
type Time = Option<u64>;

impl HostRequestOptions for Requests<'_> {
    fn new(&mut self) -> wasmtime::Result<Options> {
        HostRequestOptions::new(&mut self.inner())
    }

    fn connect_timeout(&mut self, options: Options) -> wasmtime::Result<Time> {
        HostRequestOptions::connect_timeout(&mut self.inner(), options)
    }

    fn set_connect_timeout(&mut self, options: Options, time: Time) -> wasmtime::Result<Result<(), ()>> {
        HostRequestOptions::set_connect_timeout(&mut self.inner(), options, time)
    }

    fn first_byte_timeout(&mut self, options: Options) -> wasmtime::Result<Time> {
        HostRequestOptions::first_byte_timeout(&mut self.inner(), options)
    }

    fn set_first_byte_timeout(&mut self, options: Options, time: Time) -> wasmtime::Result<Result<(), ()>> {
        HostRequestOptions::set_first_byte_timeout(&mut self.inner(), options, time)
    }

    fn between_bytes_timeout(&mut self, options: Options) -> wasmtime::Result<Time> {
        HostRequestOptions::between_bytes_timeout(&mut self.inner(), options)
    }

    fn set_between_bytes_timeout(&mut self, options: Options, time: Time) -> wasmtime::Result<Result<(), ()>> {
        HostRequestOptions::set_between_bytes_timeout(&mut self.inner(), options, time)
    }

    fn drop(&mut self, options: Options) -> wasmtime::Result<()> {
        HostRequestOptions::drop(&mut self.inner(), options)
    }
}
