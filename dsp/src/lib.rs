//! Busbar's signal processing: units, ramps, mixing, metering.
