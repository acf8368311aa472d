//! What the framework does wrong without the guard.
