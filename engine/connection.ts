/** The settings that say how Temporal is reached, under their names in the configuration. */
export type TemporalSettings = {
  TEMPORAL_ADDRESS?: string | undefined;
  TEMPORAL_API_KEY?: string | undefined;
  TEMPORAL_TLS: boolean;
};

const defaultAddress = '127.0.0.1:7233';

/** The options of a connection, of clients and workers alike. An API key needs TLS. */
export function connectionOptions({ TEMPORAL_ADDRESS, TEMPORAL_API_KEY: apiKey, TEMPORAL_TLS }: TemporalSettings) {
  return {
    address: TEMPORAL_ADDRESS ?? defaultAddress,
    tls: TEMPORAL_TLS || Boolean(apiKey),
    ...(apiKey ? { apiKey } : {}),
  };
}
