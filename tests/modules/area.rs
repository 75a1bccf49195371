// A guest with lines and variables of its source, for tests with a native debugger. `area.wasm` beside it was made of this by rustc 1.95:
//
//     rustc --target wasm32-unknown-unknown --crate-type cdylib -g -C panic=abort -C overflow-checks=off \
//         -C link-arg=-zstack-size=4096 --remap-path-prefix $PWD=/guest area.rs

#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[inline(never)]
fn area(width: u32, height: u32) -> u32 {
    let product = width * height;
    product
}

/// The sum of the first squares.
#[unsafe(no_mangle)]
pub extern "C" fn squares(count: u32) -> u32 {
    let mut sum = 0;
    let mut side = 1;
    while side <= count {
        sum += area(side, side);
        side += 1;
    }
    sum
}
