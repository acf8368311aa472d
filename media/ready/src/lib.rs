//! Empty: what counts is the build script, which checks that set-up has run.
