//! Busbar: eight metered stereo buses as a VST3 and CLAP plug-in, and as a program.
