//! Busbar's audio engine: buses, master, meters, the session model.
