/** A configuration that holds nothing but settings of `cyclecloud.healthcheck`. */
export function settingsOf(settings: Readonly<Record<string, unknown>>): {
  get<T>(key: string): Promise<T | undefined>;
} {
  const written = new Map(
    Object.entries(settings).map(([name, value]) => [
      `cyclecloud.healthcheck.${name}`,
      JSON.stringify(value),
    ]),
  );
  return {
    get: async (key) => {
      const text = written.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
  };
}
