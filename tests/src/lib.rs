//! Busbar in real hosts.
