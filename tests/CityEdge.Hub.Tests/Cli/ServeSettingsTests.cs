using System.CommandLine;
using CityEdge.Hub.Cli;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Tests;

/// <summary>Every setting has a flag, an environment variable and a key of the configuration file; what cannot be is refused by name (design §5).</summary>
public sealed class ServeSettingsTests
{
    private static HubOptions Read(params string[] arguments)
    {
        var settings = new ServeSettings();
        var command = new Command("serve", "Runs the hub");
        settings.AddTo(command);
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return settings.Read(parsed);
    }

    private static string Refused(params string[] arguments) => Assert.Throws<UsageException>(() => Read(arguments)).Message;

    [Fact]
    public void Defaults_are_those_of_the_contract()
    {
        var options = Read();
        Assert.Equal((Path.GetFullPath("./cityedge-data"), "http://127.0.0.1:8080/", "127.0.0.1:1883"), (options.Data, options.Http.ToString(), options.Mqtt));
        Assert.Equal((AuthMode.Required, true, TimeSpan.FromHours(24), TimeSpan.FromDays(400), "embedded"), (options.Auth, options.RegistrationOpen, options.MaxAge, options.Telemetry.Retention, options.Telemetry.Kind));
    }

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("hub.yaml", "journal_max: 1GiB\nretention: 30d\nmax_age: none\n");
        Environment.SetEnvironmentVariable("CITYEDGE_RETENTION", "20d");
        Environment.SetEnvironmentVariable("CITYEDGE_MAX_AGE", "2h");
        try
        {
            var options = Read("--config", file, "--max-age", "1h");
            Assert.Equal((1L << 30, TimeSpan.FromDays(20), TimeSpan.FromHours(1)), (options.JournalMaxBytes, options.Telemetry.Retention, options.MaxAge));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CITYEDGE_RETENTION", null);
            Environment.SetEnvironmentVariable("CITYEDGE_MAX_AGE", null);
        }
        Assert.Null(Read("--config", file).MaxAge);
    }

    [Theory]
    [InlineData("--http", "http://0.0.0.0:8080", "0.0.0.0")]
    [InlineData("--http", "http://*:8080", "--")]
    [InlineData("--mqtt", "0.0.0.0:1883", "0.0.0.0")]
    [InlineData("--mqtt", "192.168.1.5:1883", "192.168.1.5")]
    [InlineData("--mqtt", "*:1883", "*")]
    [InlineData("--mqtt", "hub.example:1883", "hub.example")]
    public void Taking_anyone_is_refused_unless_every_listener_is_loopback(string flag, string value, string named) =>
        Assert.Contains(named, Refused("--auth", "none", flag, value), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("http://localhost:0", "localhost:0")]
    [InlineData("http://[::1]:0", "[::1]:0")]
    public void Loopback_listeners_may_take_anyone(string http, string mqtt) => Assert.Equal(AuthMode.None, Read("--auth", "none", "--http", http, "--mqtt", mqtt).Auth);

    [Theory]
    [InlineData("--auth", "maybe")]
    [InlineData("--registration", "ajar")]
    [InlineData("--telemetry", "paper")]
    [InlineData("--max-age", "long")]
    [InlineData("--retention", "0d")]
    [InlineData("--journal-max", "lots")]
    [InlineData("--journal-max", "9999999999999GiB")]
    [InlineData("--http", "nonsense")]
    [InlineData("--mqtt", "nonsense")]
    [InlineData("--mqtt", "127.0.0.1:70000")]
    [InlineData("--time-zone", "Mars/Olympus")]
    [InlineData("--rules", "/no/such/directory")]
    [InlineData("--config", "/no/such/file.yaml")]
    [InlineData("--calendar", "/no/such/calendar.yaml")]
    [InlineData("--influx-password-file", "/no/such/file")]
    public void A_value_that_cannot_be_is_refused_by_name(string flag, string value)
    {
        var message = Refused(flag, value);
        Assert.Contains(flag, message, StringComparison.Ordinal);
        Assert.Contains(value, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_the_calendar_has_its_place()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("calendar.yaml", "seasons: { heating: [soon] }\n");
        Assert.Contains($"{file}:1:22: seasons.heating:", Refused("--calendar", file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--https", "127.0.0.1:0")]
    [InlineData("--mqtts", "127.0.0.1:0")]
    public void Tls_needs_its_certificate(string flag, string value) => Assert.Contains("--cert", Refused(flag, value), StringComparison.Ordinal);

    [Theory]
    [InlineData("journal_max: 1GiB\ncolour: red\n", ":2:1:", "colour")]
    [InlineData("retention: [1d]\n", ":1:12:", "retention")]
    [InlineData("- a\n", ":1:1:", "keys")]
    [InlineData("a: {\n", ":2:1:", "")]
    public void An_error_in_the_file_has_its_place(string yaml, string place, string named)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("hub.yaml", yaml);
        var message = Refused("--config", file);
        Assert.Contains(file + place, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }
}
