//! The editor in hosts that get everything wrong: order, threads, pointers, numbers, and when to
//! call back.

#![cfg(target_os = "linux")]

use std::ptr::null_mut;
use std::sync::atomic::Ordering::Relaxed;

use busbar_tests::bundle;
use busbar_tests::child;
use busbar_tests::clap::raw::{RawHost, RawPlugin};
use busbar_tests::clap::stream::Source;
use busbar_tests::editor::answers::Answers;
use busbar_tests::editor::hands::Hands;
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::labels::Windows;
use busbar_tests::editor::screen::{Screen, screen};
use busbar_tests::editor::until;
use busbar_tests::editor::vst3::{Vst3, size_of_view};
use clap_sys::ext::gui::{
    CLAP_EXT_GUI, CLAP_WINDOW_API_WAYLAND, CLAP_WINDOW_API_X11, clap_gui_resize_hints,
    clap_plugin_gui, clap_window, clap_window_handle,
};
use vst3::ComPtr;
use vst3::Steinberg::Vst::IEditControllerTrait;
use vst3::Steinberg::{
    FIDString, IPlugView, IPlugViewContentScaleSupport, IPlugViewContentScaleSupportTrait,
    IPlugViewTrait, ViewRect, kPlatformTypeHWND, kPlatformTypeX11EmbedWindowID, kResultOk,
};

const X11: FIDString = kPlatformTypeX11EmbedWindowID;
/// There is no such window.
const NOWHERE: usize = 0x00de_adbe;

/// Attaches a view to a window.
fn attach(view: &ComPtr<IPlugView>, window: usize) -> bool {
    // SAFETY: the id of a window in place of a pointer, as X11 has it.
    unsafe { view.attached(window as *mut _, X11) == kResultOk }
}

fn remove(view: &ComPtr<IPlugView>) -> bool {
    // SAFETY: no pointers.
    unsafe { view.removed() == kResultOk }
}

#[test]
fn vst3_views_in_a_wrong_order() {
    let screen = screen();
    let bundle = Bundle::<Vst3>::open();
    let mut host = Host::new(&screen, &bundle);
    let window = host.window as usize;
    let vst3 = host.plug();
    // SAFETY: null, and a string.
    unsafe {
        assert!(vst3.plugin().controller().createView(std::ptr::null()).is_null());
        assert!(vst3.plugin().controller().createView(c"other".as_ptr()).is_null());
    }
    let (one, other) = (vst3.view().expect("a view"), vst3.view().expect("another"));
    assert!(!remove(&one), "it is not attached");
    assert!(!attach(&one, NOWHERE), "there is no such window");
    // SAFETY: what is not there, and what is not here.
    unsafe {
        assert_ne!(one.attached(null_mut(), X11), kResultOk);
        assert_ne!(one.attached(window as *mut _, std::ptr::null()), kResultOk);
        assert_ne!(one.attached(window as *mut _, kPlatformTypeHWND), kResultOk);
        assert_ne!(one.isPlatformTypeSupported(std::ptr::null()), kResultOk);
        assert_ne!(one.isPlatformTypeSupported(kPlatformTypeHWND), kResultOk);
    }
    assert_eq!(bundle.windows().count(), 0);
    // Without a frame, and with that no run loop.
    assert!(attach(&one, window));
    assert!(!attach(&one, window), "twice");
    assert!(!attach(&other, window), "one window for an instance");
    assert!(!remove(&other), "it is not that view's window");
    assert_eq!(bundle.windows().count(), 1);
    assert!(remove(&one) && !remove(&one));
    assert_eq!(bundle.windows().count(), 0);
    // Now the other may, and is never removed.
    assert!(attach(&other, window));
    drop(other);
    assert_eq!(bundle.windows().count(), 0);
    assert!(attach(&one, window), "there is room again");
    // The frame comes and goes while it is open.
    for on in [true, true, false, true] {
        vst3.set_frame(&one, on);
        assert_eq!(vst3.frame().watched(), usize::from(on));
    }
    drop(one);
    assert_eq!((bundle.windows().count(), vst3.frame().watched()), (0, 0));
}

#[test]
fn vst3_numbers_and_pointers_that_are_none() {
    let screen = screen();
    let bundle = Bundle::<Vst3>::open();
    let mut host = Host::new(&screen, &bundle);
    let window = host.window as usize;
    let view = host.plug().view().expect("a view");
    let scaled = view.cast::<IPlugViewContentScaleSupport>().expect("its interface");
    let rect = |right, bottom| ViewRect { left: 0, top: 0, right, bottom };
    for open in [false, true] {
        assert!(!open || attach(&view, window));
        let size = size_of_view(&view);
        // SAFETY: null, or a place that can be written.
        unsafe {
            assert_ne!(view.getSize(null_mut()), kResultOk);
            assert_ne!(view.onSize(null_mut()), kResultOk);
            assert_ne!(view.checkSizeConstraint(null_mut()), kResultOk);
            for (right, bottom) in [(0, 0), (-5, 700), (900, -1), (i32::MIN, i32::MAX), (70_000, 9)]
            {
                assert_ne!(view.onSize(&mut rect(right, bottom)), kResultOk);
                assert_ne!(view.checkSizeConstraint(&mut rect(right, bottom)), kResultOk);
            }
            let mut far = ViewRect { left: i32::MIN, top: 0, right: i32::MAX, bottom: 900 };
            assert_ne!(view.onSize(&mut far), kResultOk);
            for scale in [f32::NAN, f32::INFINITY, 0.0, -1.0, 1e9, 1e-9] {
                assert_ne!(scaled.setContentScaleFactor(scale), kResultOk);
            }
            // The window has the keys already.
            assert_ne!(view.onKeyDown(65, 0, 0), kResultOk);
            assert_ne!(view.onKeyUp(65, 7, -1), kResultOk);
            assert_ne!(view.onWheel(f32::NAN), kResultOk);
            view.onFocus(1);
        }
        assert_eq!(size_of_view(&view), size, "nothing has come of it");
    }
    assert!(remove(&view));
}

#[test]
fn vst3_views_that_outlive_their_component() {
    let screen = screen();
    let bundle = Bundle::<Vst3>::open();
    for (in_frame, open) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut host = Host::new(&screen, &bundle);
        let window = host.window as usize;
        let view = host.plug().view().expect("a view");
        if in_frame {
            host.plug().set_frame(&view, true);
        }
        assert!(!open || attach(&view, window));
        // With the host's frame, which the view still has.
        host.drop_plug();
        assert_eq!((bundle.probe().instances(), bundle.windows().count()), (0, 0));
        assert!(!attach(&view, window), "there is nothing to be shown any more");
        size_of_view(&view);
        // SAFETY: no pointers but one that is null.
        unsafe {
            assert_eq!(view.setFrame(null_mut()), kResultOk);
            view.removed();
        }
    }
}

#[test]
fn vst3_without_a_run_loop_what_is_edited_comes_with_the_next_call() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<Vst3>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    let window = host.window;
    let view = host.plug().view().expect("a view");
    host.fit(size_of_view(&view));
    assert!(attach(&view, window as usize));
    let mute = until("it is there", || (), || bundle.windows().find(0, "Bus 1 Mute"));
    until("it is drawn", || (), || (bundle.windows().frames(0) > 1).then_some(()));
    hands.move_to(window, mute.middle(1.0));
    hands.click(1);
    // The label only moves when the parameter has, so there is nothing to be seen before.
    until(
        "the host is told",
        || (),
        || {
            let mut rect = ViewRect { left: 0, top: 0, right: 1120, bottom: 700 };
            // SAFETY: the place can be written.
            unsafe { view.onSize(&mut rect) };
            (host.told().len() == 3).then_some(())
        },
    );
    assert_eq!(host.text("Bus 1 Mute"), "On");
    assert!(remove(&view));
}

#[test]
fn vst3_calls_from_a_wrong_thread_are_refused() {
    let screen = screen();
    let bundle = Bundle::<Vst3>::open();
    let mut host = Host::new(&screen, &bundle);
    host.open(1.0);
    let view = host.plug().opened().expect("it is open");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut rect = ViewRect { left: 0, top: 0, right: 1000, bottom: 600 };
            // SAFETY: the place can be written.
            assert_ne!(unsafe { view.onSize(&mut rect) }, kResultOk);
        });
    });
    assert_eq!(host.size(), (1120, 700));
    drop(view);
    host.close();
}

/// The extension of an instance.
fn gui(plugin: &RawPlugin<'_>) -> clap_plugin_gui {
    let table = plugin.extension(Some(CLAP_EXT_GUI)).cast::<clap_plugin_gui>();
    assert!(!table.is_null(), "it has an editor");
    // SAFETY: the type is the standard's.
    unsafe { *table }
}

/// A window of the host's on the screen.
fn window(screen: &Screen) -> u32 {
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass};
    let connection = &screen.connection;
    let window = connection.generate_id().expect("there are ids");
    let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
    let made =
        connection.create_window(24, window, screen.root, 0, 0, 1120, 700, 0, class, 0, &aux);
    made.expect("connected").check().expect("there can be windows");
    connection.map_window(window).expect("connected").check().expect("it can be shown");
    window
}

#[test]
fn clap_calls_in_a_wrong_order() {
    let screen = screen();
    let raw = RawHost::open();
    let plugin = raw.plugin();
    let (gui, at) = (gui(&plugin), plugin.pointer());
    let x11 = CLAP_WINDOW_API_X11.as_ptr();
    let windows = || Windows(raw.probe().0).count();
    let place = |x11| clap_window {
        api: CLAP_WINDOW_API_X11.as_ptr(),
        specific: clap_window_handle { x11 },
    };
    let ours = place(window(&screen).into());
    let (mut width, mut height) = (0, 0);
    // SAFETY: the plug-in's own functions; what is not there it has to bear.
    unsafe {
        // Before there is an editor.
        assert!(!gui.set_parent.unwrap()(at, &ours));
        assert!(!gui.show.unwrap()(at) && !gui.hide.unwrap()(at));
        assert!(!gui.set_size.unwrap()(at, 1000, 600));
        gui.destroy.unwrap()(at);
        assert!(gui.get_size.unwrap()(at, &mut width, &mut height));
        assert_eq!((width, height), (1120, 700));
        assert!(gui.set_scale.unwrap()(at, 2.0), "too early is not wrong");
        assert!(gui.get_size.unwrap()(at, &mut width, &mut height));
        assert_eq!((width, height), (2240, 1400));
        assert!(gui.set_scale.unwrap()(at, 1.0));
        for scale in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e9] {
            assert!(!gui.set_scale.unwrap()(at, scale));
        }
        // What there is not.
        assert!(!gui.is_api_supported.unwrap()(at, std::ptr::null(), false));
        assert!(!gui.is_api_supported.unwrap()(at, x11, true), "floating");
        assert!(!gui.create.unwrap()(at, x11, true), "floating");
        assert!(!gui.create.unwrap()(at, CLAP_WINDOW_API_WAYLAND.as_ptr(), false));
        assert!(!gui.create.unwrap()(at, std::ptr::null(), false));
        assert!(!gui.get_preferred_api.unwrap()(at, null_mut(), null_mut()));
        assert_eq!(windows(), 0);
        assert!(gui.create.unwrap()(at, x11, false));
        assert!(!gui.create.unwrap()(at, x11, false), "twice");
        assert_eq!(windows(), 1);
        // Before it has a parent.
        assert!(!gui.show.unwrap()(at), "it would float");
        assert!(!gui.set_parent.unwrap()(at, std::ptr::null()));
        assert!(!gui.set_parent.unwrap()(at, &place(0)));
        assert!(!gui.set_parent.unwrap()(at, &place(NOWHERE as u64)));
        assert!(!gui.set_parent.unwrap()(at, &place(u64::MAX)));
        let elsewhere = clap_window { api: CLAP_WINDOW_API_WAYLAND.as_ptr(), ..ours };
        assert!(!gui.set_parent.unwrap()(at, &elsewhere));
        assert!(!gui.set_transient.unwrap()(at, &ours));
        gui.suggest_title.unwrap()(at, std::ptr::null());
        assert!(gui.set_parent.unwrap()(at, &ours) && gui.show.unwrap()(at));
        assert!(gui.set_scale.unwrap()(at, 2.0), "late is not wrong either");
        assert!(gui.get_size.unwrap()(at, &mut width, &mut height));
        assert_eq!((width, height), (2240, 1400));
        // Numbers and pointers that are none.
        assert!(!gui.set_size.unwrap()(at, 0, 700) && !gui.set_size.unwrap()(at, u32::MAX, 700));
        assert!(!gui.get_size.unwrap()(at, null_mut(), &mut height));
        assert!(!gui.adjust_size.unwrap()(at, &mut width, null_mut()));
        (width, height) = (u32::MAX, 0);
        assert!(gui.adjust_size.unwrap()(at, &mut width, &mut height));
        assert!(width <= 0xffff && height == 1120, "{width} × {height}");
        assert!(!gui.get_resize_hints.unwrap()(at, null_mut::<clap_gui_resize_hints>()));
        gui.destroy.unwrap()(at);
        gui.destroy.unwrap()(at);
        assert_eq!(windows(), 0);
        // Open, when the instance goes.
        assert!(gui.create.unwrap()(at, x11, false) && gui.set_parent.unwrap()(at, &ours));
        assert!(gui.show.unwrap()(at));
    }
    assert_eq!(windows(), 1);
    drop(plugin);
    assert_eq!(windows(), 0);
    assert_eq!(raw.probe().instances(), 0);
}

#[test]
fn clap_before_the_initialisation() {
    let _screen = screen();
    let raw = RawHost::open();
    let plugin = raw.uninitialised();
    let (gui, at) = (gui(&plugin), plugin.pointer());
    // SAFETY: the plug-in's own functions.
    unsafe {
        gui.create.unwrap()(at, CLAP_WINDOW_API_X11.as_ptr(), false);
        gui.destroy.unwrap()(at);
    }
    drop(plugin);
    assert_eq!(raw.probe().instances(), 0);
}

/// In a process of its own, which a deadlock cannot keep.
fn in_a_child(name: &str, body: fn()) {
    // Built first, if need be: not by several children at a time.
    bundle::clap();
    let output = child::run(name, body);
    assert!(output.status.success(), "{}\n{}", output.status, child::said(&output));
}

#[test]
fn a_clap_host_answers_at_once() {
    in_a_child("a_clap_host_answers_at_once", || {
        let screen = screen();
        let answers = Answers::new(window(&screen));
        let mut raw = RawHost::open();
        answers.stand_in(raw.host());
        let plugin = raw.plugin();
        answers.meet(&plugin);
        raw.probe().edit(0);
        assert_eq!(answers.dirty.load(Relaxed), 1, "asked, called and told in one");
        // It calls while another thread waits for it in its request.
        std::thread::scope(|scope| {
            let queue = answers.hold_queue();
            scope.spawn(|| raw.probe().edit(0));
            let asked = || (answers.asked.load(Relaxed) == 1).then_some(());
            until("the other thread asks", || (), asked);
            answers.call();
            assert_eq!(answers.dirty.load(Relaxed), 2);
            drop(queue);
        });
    });
}

/// The sizes that an editor of 1120 × 700 asks for with these states.
const SIZES: [(u32, u32); 2] = [(1000, 600), (1200, 800)];

/// Until the one window has drawn again and again: it has not been closed by what the one before
/// it was told.
fn it_stays(windows: &Windows<'_>, mut meanwhile: impl FnMut(u32)) {
    let mut turn = 0;
    let (draws, first) = ("it draws again and again", windows.frames(0));
    until(
        draws,
        || {
            turn += 1;
            meanwhile(turn);
        },
        || (windows.frames(0) > first + 20).then_some(()),
    );
    assert_eq!(windows.count(), 1);
}

#[test]
fn a_clap_host_calls_the_editor_while_it_is_asked() {
    in_a_child("a_clap_host_calls_the_editor_while_it_is_asked", || {
        let screen = screen();
        let answers = Answers::new(window(&screen));
        let mut raw = RawHost::open();
        answers.stand_in(raw.host());
        let plugin = raw.plugin();
        answers.meet(&plugin);
        assert!(answers.open());
        let windows = Windows(raw.probe().0);
        let states = SIZES.map(|size| {
            assert!(answers.resize(size));
            plugin.saved()
        });
        assert!(answers.resize((1120, 700)));
        // Two messages for the main thread, the second of which is found by a call that comes from
        // within the first.
        for state in &states {
            let asked = answers.asked.load(Relaxed);
            assert!(plugin.load(&mut Source::of(state)));
            let more = || (answers.asked.load(Relaxed) > asked).then_some(());
            until("another size is wanted", || (), more);
        }
        answers.call();
        assert_eq!(*answers.sizes.lock().expect("no panic"), SIZES, "and none is lost");
        let small = |turn| _ = answers.resize((1000 + turn % 2, 600));
        it_stays(&windows, small);
        // It is opened anew in answer to a third, and to its end.
        answers.reopens.store(true, Relaxed);
        assert!(plugin.load(&mut Source::of(&states[1])));
        let reopened = || (!answers.reopens.load(Relaxed)).then_some(());
        until("it is opened anew", || answers.call(), reopened);
        it_stays(&windows, small);
        windows.panic_next();
        let closed = || (answers.closed.load(Relaxed) == 1).then_some(());
        until("it closes itself", || answers.call(), closed);
        it_stays(&windows, small);
        assert_eq!(
            answers.closed.load(Relaxed),
            1,
            "and of the one that the host closed it said nothing"
        );
        answers.close();
        assert_eq!(windows.count(), 0);
    });
}

#[test]
fn a_vst3_host_opens_the_editor_anew_while_it_is_asked() {
    in_a_child("a_vst3_host_opens_the_editor_anew_while_it_is_asked", || {
        let screen = screen();
        let bundle = Bundle::<Vst3>::open();
        let mut host = Host::new(&screen, &bundle);
        host.open(1.0);
        host.resize(SIZES[0].0, SIZES[0].1);
        let state = host.plug().plugin().save();
        host.resize(1120, 700);
        let window = host.window;
        host.plug().frame().reopen_in(window);
        assert!(host.plug().plugin().load(&state));
        host.until("it is opened anew", |host| (!host.plug().frame().is_to_reopen()).then_some(()));
        it_stays(&bundle.windows(), |turn| {
            host.turn();
            host.resize(1000 + turn % 2, 600);
        });
        host.close();
        assert_eq!(bundle.windows().count(), 0);
    });
}
