//! Busbar's files: decoding through a private FFmpeg.
