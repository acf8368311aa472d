//! The editor's life in the finished bundle: it comes, goes and fails, and hosts and instances with
//! it, in whatever order.

#![cfg(target_os = "linux")]

use std::time::Duration;

use busbar_tests::editor::hands::Hands;
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::in_both_formats;
use busbar_tests::editor::open_things;
use busbar_tests::editor::plug::{Plug, Told};
use busbar_tests::editor::screen::screen;

in_both_formats! {
    a_panic_closes_it_and_the_host_lives
    a_hundred_openings_leave_threads_and_files_as_they_were
    several_instances_have_editors_of_their_own
    a_gesture_that_the_closing_interrupts_is_ended
    an_instance_takes_its_window_with_it
    a_host_whose_window_goes_first_lives
    a_still_editor_leaves_the_host_alone
    what_the_user_changes_is_to_be_saved
}

fn a_panic_closes_it_and_the_host_lives<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.open(1.0);
    bundle.windows().panic_next();
    hands.move_to(host.window, (200.0, 200.0));
    let mut told = false;
    host.until("the window is gone", |host| {
        told |= host.was_closed().unwrap_or(true);
        (told && bundle.windows().count() == 0).then_some(())
    });
    let blocks = host.player().blocks();
    host.until("the audio goes on", |host| (host.player().blocks() > blocks + 2).then_some(()));
    host.close();
    host.open(1.0);
    host.player().play([0.5, 0.0]);
    host.control("Bus 1 peak: −6.0");
    host.close();
}

fn a_hundred_openings_leave_threads_and_files_as_they_were<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    let mut other = Host::new(&screen, &bundle);
    let mut counts = Vec::new();
    for round in 0..100 {
        host.open(1.0);
        if round % 10 == 3 {
            other.open(2.0);
            other.close();
        }
        if round % 10 == 5 {
            // In the middle of a drag.
            hands.move_to(host.window, host.middle("Bus 1 Gain"));
            hands.button(1, true);
            host.wait(Duration::from_millis(30));
            hands.move_to(host.window, (100.0, 300.0));
        }
        host.close();
        hands.button(1, false);
        if round % 10 == 9 {
            counts.push(open_things());
        }
    }
    println!("descriptors, threads, private kB after each ten: {counts:?}");
    let (first, last) = (counts[1], counts[9]);
    assert!(last.0 <= first.0 && last.1 <= first.1, "{counts:?}");
    // What an empty window of baseview leaks each time is 80 to 90 kB. The median, because once in
    // a while the allocator takes another arena, which is larger than everything else here.
    let mut grown: Vec<i64> = counts.windows(2).map(|pair| pair[1].2 - pair[0].2).collect();
    grown.sort_unstable();
    let each = grown[grown.len() / 2] / 11;
    println!("{each} kB with each opening");
    assert!(each < 140, "{each} kB with each opening: {counts:?}");
    assert_eq!(bundle.windows().count(), 0);
}

fn several_instances_have_editors_of_their_own<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut hosts: Vec<_> = (0..3).map(|_| Host::new(&screen, &bundle)).collect();
    for (i, host) in hosts.iter_mut().enumerate() {
        host.open(1.0);
        assert_eq!(bundle.windows().count(), i as u32 + 1);
    }
    // The newest window is in front of the others, which are all at the same place.
    hands.move_to(hosts[2].window, hosts[2].middle("Bypass"));
    hands.click(1);
    hosts[2].until("it is bypassed", |host| (host.text("Bypass") == "On").then_some(()));
    for host in &mut hosts[..2] {
        host.wait(Duration::from_millis(20));
        assert_eq!((host.text("Bypass"), host.told()), ("Off".to_owned(), Vec::new()));
    }
    // One goes with its editor open, another one closes; the third does not notice.
    hosts[0].drop_plug();
    hosts[1].close();
    assert_eq!(bundle.windows().count(), 1);
    hosts[2].play();
    hosts[2].player().play([0.5, 0.0]);
    hosts[2].control("Bus 1 peak: −6.0");
}

fn a_gesture_that_the_closing_interrupts_is_ended<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.open(1.0);
    let (id, (x, y)) = (host.id("Bus 1 Gain"), host.middle("Bus 1 Gain"));
    hands.move_to(host.window, (x, y));
    hands.button(1, true);
    host.wait(Duration::from_millis(60));
    for step in 1..=6 {
        hands.move_to(host.window, (x, y + 6.0 * f64::from(step)));
        host.wait(Duration::from_millis(20));
    }
    host.until("a value has come", |host| {
        let told = host.told();
        told.iter().any(|told| matches!(told, Told::Value(..))).then_some(())
    });
    assert_eq!(host.told()[0], Told::Begin(id));
    host.close();
    hands.button(1, false);
    host.until("the gesture ends", |host| {
        (host.told().last() == Some(&Told::End(id))).then_some(())
    });
}

fn an_instance_takes_its_window_with_it<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let mut host = Host::new(&screen, &bundle);
    host.open(1.0);
    host.play();
    assert_eq!(screen.inside(host.window).len(), 1);
    host.drop_plug();
    assert_eq!(bundle.windows().count(), 0);
    assert_eq!(bundle.probe().instances(), 0);
    assert!(screen.inside(host.window).is_empty(), "the window is still there");
}

fn a_host_whose_window_goes_first_lives<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.player().play([0.5, 0.5]);
    host.open(1.0);
    host.destroy_window();
    // Errors of X end a process, unless somebody takes them. The window itself does not notice.
    let (blocks, frames) = (host.player().blocks(), bundle.windows().frames(0));
    host.until("it draws into nothing", |_| {
        (bundle.windows().frames(0) > frames + 5).then_some(())
    });
    host.until("the audio goes on", |host| (host.player().blocks() > blocks + 2).then_some(()));
    host.close();
    assert_eq!(bundle.windows().count(), 0);
}

fn a_still_editor_leaves_the_host_alone<P: Plug>() {
    let screen = screen();
    let (bundle, hands) = (Bundle::<P>::open(), Hands(&screen));
    let mut host = Host::new(&screen, &bundle);
    host.play();
    host.player().play([0.5, 0.5]);
    host.open(1.0);
    host.wait(Duration::from_millis(300));
    let wakes = host.plug().wakes();
    // The meters move all the while.
    host.wait(Duration::from_millis(700));
    assert_eq!(host.plug().wakes(), wakes, "somebody polls");
    hands.move_to(host.window, host.middle("Bus 1 Mute"));
    hands.click(1);
    host.until("it is muted", |host| (host.text("Bus 1 Mute") == "On").then_some(()));
    assert!((wakes + 1..wakes + 8).contains(&host.plug().wakes()), "a few for a gesture");
}

fn what_the_user_changes_is_to_be_saved<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let mut host = Host::new(&screen, &bundle);
    host.open(1.0);
    assert_eq!(host.plug().dirty(), 0);
    for times in 1..=2 {
        // As the editor's thread does it.
        let probe = bundle.probe();
        std::thread::scope(|scope| {
            scope.spawn(|| probe.edit(0));
        });
        host.until("the host knows", |host| (host.plug().dirty() == times).then_some(()));
    }
    host.close();
    host.wait(Duration::from_millis(50));
    assert_eq!(host.plug().dirty(), 2);
}
