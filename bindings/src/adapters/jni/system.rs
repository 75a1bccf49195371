//! The images of libraries in this process, as the system knows them.

use std::ffi::{CStr, c_void};

pub(super) use imp::{find, stay};

/// An image.
pub(super) struct Image(*mut c_void);

#[cfg(unix)]
mod imp {
    use super::{CStr, Image, c_void};

    /// The image that was loaded from that path, though the file may be gone.
    pub(crate) fn find(path: &CStr) -> Option<Image> {
        // SAFETY: nothing is loaded; the path ends with a zero.
        let found = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
        (!found.is_null()).then_some(Image(found))
    }

    impl Image {
        /// What the image exports under that name.
        pub(crate) fn symbol(&self, name: &CStr) -> Option<*mut c_void> {
            // SAFETY: the image stays until this is dropped; the name ends with a zero.
            let found = unsafe { libc::dlsym(self.0, name.as_ptr()) };
            (!found.is_null()).then_some(found)
        }
    }

    impl Drop for Image {
        fn drop(&mut self) {
            // SAFETY: it was found once, and is let go of once.
            unsafe { libc::dlclose(self.0) };
        }
    }

    /// Has the image stay that has `function`, whatever the JVM does with it.
    pub(crate) fn stay(function: *const c_void) {
        // SAFETY: zeros are a value of it.
        let mut place: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: `dladdr` may write `place`; the name that is found stays with the image, which is this one.
        unsafe {
            if libc::dladdr(function, &raw mut place) != 0 {
                libc::dlopen(place.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
            }
        }
    }
}

#[cfg(windows)]
mod imp {
    use super::{CStr, Image, c_void};

    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetModuleHandleW(name: *const u16) -> *mut c_void;
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
        fn GetProcAddress(module: *mut c_void, name: *const std::ffi::c_char) -> *mut c_void;
    }

    const PIN: u32 = 1;
    const FROM_ADDRESS: u32 = 4;

    /// The image that was loaded from that path.
    pub(crate) fn find(path: &CStr) -> Option<Image> {
        let units: Vec<u16> = path.to_str().ok()?.encode_utf16().chain([0]).collect();
        // SAFETY: the path ends with a zero.
        let found = unsafe { GetModuleHandleW(units.as_ptr()) };
        (!found.is_null()).then_some(Image(found))
    }

    impl Image {
        /// What the image exports under that name.
        pub(crate) fn symbol(&self, name: &CStr) -> Option<*mut c_void> {
            // SAFETY: the first image of the library stays for good; the name ends with a zero.
            let found = unsafe { GetProcAddress(self.0, name.as_ptr()) };
            (!found.is_null()).then_some(found)
        }
    }

    /// Has the image stay that has `function`, whatever the JVM does with it.
    pub(crate) fn stay(function: *const c_void) {
        let mut module = std::ptr::null_mut();
        // SAFETY: the address is in this image, and the function may write `module`.
        unsafe { GetModuleHandleExW(PIN | FROM_ADDRESS, function, &raw mut module) };
    }
}
