using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>Makes the telemetry store that the settings name.</summary>
public static class TelemetryStores
{
    /// <summary>
    /// Opens the store. Throws <see cref="ArgumentException"/> naming the flag when a setting is wrong or missing, and what
    /// <see cref="EmbeddedTelemetryStore.Open"/> throws. InfluxDB is not contacted yet: it may be down when the hub starts.
    /// </summary>
    public static ITelemetryStore Create(TelemetryOptions options, TimeProvider time, Func<DeadLetter, CancellationToken, ValueTask>? deadLetters = null, ILoggerFactory? loggers = null)
    {
        switch (options.Kind)
        {
            case "embedded":
                return EmbeddedTelemetryStore.Open(options.Directory, new EmbeddedStoreOptions { Retention = options.Retention, RollUpRetention = options.RollUpRetention }, time, loggers?.CreateLogger<EmbeddedTelemetryStore>());
            case "influx":
                return new InfluxTelemetryStore(Influx(options), time, deadLetters, loggers?.CreateLogger<InfluxTelemetryStore>());
            default:
                throw new ArgumentException($"--telemetry {options.Kind}: only embedded and influx are known.");
        }
    }

    private static InfluxOptions Influx(TelemetryOptions options)
    {
        if (!Uri.TryCreate(options.InfluxUrl, UriKind.Absolute, out var url)) throw new ArgumentException("--telemetry influx needs --influx-url, for example http://127.0.0.1:8086.");
        if (options.InfluxVersion == 2 && options.InfluxOrganisation is null) throw new ArgumentException("--influx-version 2 needs --influx-org.");
        if (options.InfluxUser is not null && options.InfluxPasswordFile is null) throw new ArgumentException("--influx-user needs --influx-password-file.");
        return new InfluxOptions
        {
            Url = url,
            Version = options.InfluxVersion,
            Database = options.InfluxDatabase,
            Organisation = options.InfluxOrganisation,
            Token = options.InfluxToken,
            User = options.InfluxUser,
            Password = options.InfluxPasswordFile is null ? null : Password(options.InfluxPasswordFile),
            ReadPassword = options.InfluxPasswordFile is { } file ? () => TryPassword(file) : null,
            Retention = options.Retention,
            Directory = options.Directory,
        };
    }

    /// <summary>The file may be gone or half written just now: then the old password stays.</summary>
    private static string? TryPassword(string path)
    {
        try
        {
            return Password(path);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string Password(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim() ?? throw new ArgumentException($"--influx-password-file {path}: the file is empty.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"--influx-password-file {path}: {error.Message}", error);
        }
    }
}
