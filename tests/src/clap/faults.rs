//! The bad host's tests again, without the guard. Each fault of the framework that the guard mends
//! has a test among them that fails then; when it does not, the framework has mended the fault, and
//! the guard's lines can go.

use crate::child;

/// Tells a process that its plug-ins are to have no guard.
const UNGUARDED: &str = "BUSBAR_UNGUARDED";

/// Whether this process is to do without the guard.
pub fn is_unguarded() -> bool {
    std::env::var_os(UNGUARDED).is_some()
}

/// Expects that the `control` test of this program passes without the guard, and that each of the
/// others fails, or ends its process. With each comes where the guard mends its fault.
pub fn expect_without_the_guard(control: &str, faults: &[(&str, &str)]) {
    if is_unguarded() {
        return;
    }
    let without = |test: &str| child::again(test, &[(UNGUARDED, "1")]);
    let output = without(control);
    assert!(
        output.status.success(),
        "{control}, too, fails without the guard:\n{}",
        child::said(&output)
    );
    for (test, mended_in) in faults {
        let output = without(test);
        let said = child::said(&output);
        assert!(said.contains("running 1 test"), "there is no test {test}:\n{said}");
        println!("{test:50} without the guard: {}", output.status);
        assert!(
            !output.status.success(),
            "{test} passes without the guard. The framework seems to have mended this fault: then \
             take the guard's lines out of {mended_in}"
        );
    }
}
