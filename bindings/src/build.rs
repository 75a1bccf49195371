//! The number of this build. A package that loads the library by its name or path asks for it, and refuses another one.

/// What the generator looks for in the library, to give the generated code the same number.
#[used]
static MARK: &str = concat!("trimaran-build:", env!("TRIMARAN_BUILD"));

const NUMBER: u64 = match u64::from_str_radix(env!("TRIMARAN_BUILD"), 16) {
    Ok(number) => number,
    Err(_) => 0,
};

/// The number of this build: 64 bits over the sources that it was built from.
#[unsafe(no_mangle)]
pub extern "C" fn trimaran_build() -> u64 {
    NUMBER
}
