using System.CommandLine;
using CityEdge.Hub.Cli;
using CityEdge.Hub.Upstream;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Tests;

/// <summary><c>serve --upstream</c>: every part of it is a flag, a key and a variable; what cannot be is refused by name.</summary>
public sealed class UpstreamSettingsTests
{
    private static Hosting.HubOptions Read(params string[] arguments)
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
    public void Without_it_the_hub_is_its_own_broker() => Assert.Null(Read().Upstream);

    [Fact]
    public void The_address_carries_the_user_and_the_rest_has_defaults()
    {
        var upstream = Read("--upstream", "mqtt://hub%20one@broker.example").Upstream!;
        Assert.Equal(new UpstreamOptions { Url = "mqtt://broker.example:1883", User = "hub one", Share = "cityedge", Version = MqttVersion.V500, SessionExpiry = TimeSpan.FromDays(7), Window = 1000 }, upstream);
    }

    [Fact]
    public void Every_setting_is_a_key_of_the_configuration_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("hub.yaml", $"""
            mqtt: none
            upstream: mqtts://hub@broker.example:8884
            upstream_password_file: {folder.Write("password", "secret")}
            upstream_ca: {folder.Write("ca.pem", "x")}
            upstream_cert: {folder.Write("c.pem", "x")}
            upstream_key: {folder.Write("c.key", "x")}
            upstream_client_id: hub-1
            upstream_share: none
            upstream_session_expiry: 2d
            upstream_window: 50
            """);
        var options = Read("--config", file);
        Assert.Null(options.Mqtt);
        Assert.Equal(new UpstreamOptions
        {
            Url = "mqtts://broker.example:8884", User = "hub", PasswordFile = folder["password"], CaFile = folder["ca.pem"], CertificateFile = folder["c.pem"], KeyFile = folder["c.key"],
            ClientId = "hub-1", Share = null, SessionExpiry = TimeSpan.FromDays(2), Window = 50,
        }, options.Upstream);
    }

    [Fact]
    public void Version_311_subscribes_plainly()
    {
        var upstream = Read("--upstream", "mqtt://broker.example", "--upstream-version", "3.1.1").Upstream!;
        Assert.Equal((MqttVersion.V311, null), (upstream.Version, upstream.Share));
    }

    [Theory]
    [InlineData("does not have", "--upstream", "mqtt://b", "--upstream-version", "3.1.1", "--upstream-share", "mine")]
    [InlineData("--upstream-password-file FILE", "--upstream", "mqtt://user:secret@b")]
    [InlineData("needs the user", "--upstream", "mqtt://b", "--upstream-password-file", "/etc/hostname")]
    [InlineData("mqtts://", "--upstream", "mqtt://b", "--upstream-ca", "/etc/hostname")]
    [InlineData("--upstream-key", "--upstream", "mqtts://b", "--upstream-cert", "/etc/hostname")]
    [InlineData("not known", "--upstream", "http://b")]
    [InlineData("1 to 65535", "--upstream", "mqtt://b", "--upstream-window", "0")]
    [InlineData("without / + #", "--upstream", "mqtt://b", "--upstream-share", "a/b")]
    [InlineData("not given", "--upstream-client-id", "x")]
    [InlineData("no way for devices", "--mqtt", "none")]
    public void What_cannot_be_is_refused_with_the_mend(string part, params string[] arguments) => Assert.Contains(part, Refused(arguments), StringComparison.Ordinal);
}
