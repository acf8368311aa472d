//! ALSA's library, opened when it is needed.
//!
//! cpal's binding names `libasound` as a library that the program cannot start without, and a
//! server that only measures files has none. So its functions are defined here, and each of them
//! does nothing but jump to where the library's own has been found. A function that is missing in
//! this list would be linked the usual way, and `cargo xtask validate` would find the library among
//! those that the program wants.

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

const NAME: &str = "libasound.so.2";

/// Opens the library, once; nothing of cpal may be called before.
///
/// # Errors
/// Says what is missing, and what to do.
pub fn load() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    LOADED.get_or_init(open).clone()
}

fn open() -> Result<(), String> {
    let advice = "install ALSA's library (libasound2), or use --driver jack or dummy";
    // SAFETY: the initialisers of this library do nothing beyond itself.
    let library = unsafe { Library::open(Some(NAME), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| format!("device: {error}; {advice}"))?;
    for (name, slot) in late::SLOTS {
        // SAFETY: only the address is taken.
        let function = unsafe { library.get::<*mut c_void>(name.to_bytes_with_nul()) }
            .map_err(|error| format!("device: {NAME} is too old: {error}; {advice}"))?;
        slot.store(function.into_raw(), std::sync::atomic::Ordering::Release);
    }
    // It would say on the terminal what cpal says too, at every device that is not there.
    // SAFETY: the type is the function's own, but for the handler's arguments, see there.
    if let Ok(set) = unsafe { library.get::<SetHandler>(b"snd_lib_error_set_handler\0") } {
        // SAFETY: likewise.
        unsafe { set(say_nothing) };
    }
    // For as long as the process lives.
    std::mem::forget(library);
    Ok(())
}

type SetHandler = unsafe extern "C" fn(extern "C" fn()) -> c_int;

/// In place of a handler with arguments, some of them variable: whoever calls a C function also
/// clears its arguments away, so one that looks at none of them can stand in for any.
extern "C" fn say_nothing() {}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod late {
    use std::arch::naked_asm;
    use std::sync::atomic::AtomicPtr;

    use super::{CStr, c_void};

    /// Where the functions are, in the order of their names.
    pub type Slot = (&'static CStr, &'static AtomicPtr<c_void>);

    macro_rules! jumps {
        ($($name:ident)*) => {
            /// What is filled in when the library is opened.
            pub static SLOTS: &[Slot] = &[$({
                static SLOT: AtomicPtr<c_void> = AtomicPtr::new(never as *mut c_void);

                /// Jumps to the library's function of this name, with all that it was called with.
                ///
                /// # Safety
                /// As the library's own.
                #[unsafe(no_mangle)]
                #[unsafe(naked)]
                unsafe extern "C" fn $name() {
                    // Hidden, or the library would find these in place of its own.
                    #[cfg(target_arch = "x86_64")]
                    naked_asm!(
                        concat!(".hidden ", stringify!($name)),
                        "jmp qword ptr [rip + {slot}]",
                        slot = sym SLOT,
                    );
                    #[cfg(target_arch = "aarch64")]
                    naked_asm!(
                        concat!(".hidden ", stringify!($name)),
                        "adrp x16, {slot}",
                        "ldr x16, [x16, :lo12:{slot}]",
                        "br x16",
                        slot = sym SLOT,
                    );
                }

                // SAFETY: the name has no zero in it but that at its end.
                const NAME: &CStr = unsafe {
                    CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes())
                };
                (NAME, &SLOT)
            },)*];
        };
    }

    /// Where a function leads before the library is there.
    extern "C" fn never() {
        std::process::abort();
    }

    jumps! {
        snd_card_next
        snd_config_update
        snd_config_update_free_global
        snd_ctl_card_info
        snd_ctl_card_info_free
        snd_ctl_card_info_get_name
        snd_ctl_card_info_malloc
        snd_ctl_close
        snd_ctl_open
        snd_ctl_pcm_info
        snd_ctl_pcm_next_device
        snd_device_name_free_hint
        snd_device_name_get_hint
        snd_device_name_hint
        snd_pcm_avail_delay
        snd_pcm_bytes_to_frames
        snd_pcm_close
        snd_pcm_format_physical_width
        snd_pcm_get_params
        snd_pcm_hw_params
        snd_pcm_hw_params_any
        snd_pcm_hw_params_can_resume
        snd_pcm_hw_params_copy
        snd_pcm_hw_params_current
        snd_pcm_hw_params_free
        snd_pcm_hw_params_get_buffer_size_max
        snd_pcm_hw_params_get_channels_max
        snd_pcm_hw_params_get_channels_min
        snd_pcm_hw_params_get_period_size
        snd_pcm_hw_params_get_period_size_max
        snd_pcm_hw_params_get_period_size_min
        snd_pcm_hw_params_get_rate_max
        snd_pcm_hw_params_get_rate_min
        snd_pcm_hw_params_malloc
        snd_pcm_hw_params_set_access
        snd_pcm_hw_params_set_buffer_size_near
        snd_pcm_hw_params_set_channels
        snd_pcm_hw_params_set_format
        snd_pcm_hw_params_set_period_size_near
        snd_pcm_hw_params_set_rate
        snd_pcm_hw_params_supports_audio_ts_type
        snd_pcm_hw_params_test_channels
        snd_pcm_hw_params_test_format
        snd_pcm_hw_params_test_rate
        snd_pcm_info
        snd_pcm_info_free
        snd_pcm_info_get_name
        snd_pcm_info_get_stream
        snd_pcm_info_malloc
        snd_pcm_info_set_device
        snd_pcm_info_set_stream
        snd_pcm_info_set_subdevice
        snd_pcm_open
        snd_pcm_pause
        snd_pcm_poll_descriptors
        snd_pcm_poll_descriptors_count
        snd_pcm_poll_descriptors_revents
        snd_pcm_prepare
        snd_pcm_readi
        snd_pcm_resume
        snd_pcm_start
        snd_pcm_state
        snd_pcm_status
        snd_pcm_status_get_audio_htstamp
        snd_pcm_status_get_htstamp
        snd_pcm_status_get_state
        snd_pcm_status_get_trigger_htstamp
        snd_pcm_status_set_audio_htstamp_config
        snd_pcm_status_sizeof
        snd_pcm_sw_params
        snd_pcm_sw_params_current
        snd_pcm_sw_params_free
        snd_pcm_sw_params_malloc
        snd_pcm_sw_params_set_avail_min
        snd_pcm_sw_params_set_start_threshold
        snd_pcm_sw_params_set_tstamp_mode
        snd_pcm_sw_params_set_tstamp_type
        snd_pcm_writei
    }
}

/// Elsewhere the library is linked the usual way.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod late {
    use std::sync::atomic::AtomicPtr;

    use super::{CStr, c_void};

    pub static SLOTS: &[(&CStr, &AtomicPtr<c_void>)] = &[];
}
