namespace CityEdge.EndToEnd.Tests;

/// <summary>A page in a real browser speaks MQTT to <c>/mqtt</c>: the hub's own page may, another origin's may not, and the topic policy holds for it under no authentication too.</summary>
public sealed class WebSocketPageTests : IAsyncLifetime
{
    /// <summary>CONNECT, SUBSCRIBE and PUBLISH at QoS 1, 3.1.1, by hand; answers the packet types and the last payload, or how the socket closed.</summary>
    private const string Script = """
        ([url, topic]) => new Promise(resolve => {
          const text = s => { const b = new TextEncoder().encode(s); return [b.length >> 8, b.length & 255, ...b]; };
          const packet = (type, body) => Uint8Array.from([type, body.length, ...body]);
          const ws = new WebSocket(url, 'mqtt'), seen = [];
          ws.binaryType = 'arraybuffer';
          ws.onopen = () => ws.send(packet(0x10, [...text('MQTT'), 4, 2, 0, 60, ...text('page')]));
          ws.onclose = e => resolve('closed ' + e.code);
          ws.onmessage = e => {
            let bytes = new Uint8Array(e.data);
            while (bytes.length) {
              const one = bytes.slice(0, 2 + bytes[1]), type = one[0] >> 4;
              bytes = bytes.slice(one.length);
              seen.push(type === 9 ? '9:' + one[one.length - 1] : String(type));
              if (type === 2) ws.send(packet(0x82, [0, 1, ...text(topic), 1]));
              if (type === 9 && one[one.length - 1] === 0x80) resolve(seen.join(' '));
              else if (type === 9) ws.send(packet(0x32, [...text(topic), 0, 2, ...new TextEncoder().encode('hi')]));
              if (type === 3) seen.push(new TextDecoder().decode(one.slice(-2)));
              if (seen.includes('4') && seen.includes('hi')) resolve(seen.sort().join(' '));
            }
          };
        })
        """;

    private readonly TemporaryFolder folder = new();
    private HubProcess hub = null!;

    public async ValueTask InitializeAsync() => hub = await HubProcess.StartAsync(
        folder["hub"], "--config", folder.Write("hub.yaml", "broker:\n  acl:\n    - { allow: all, topic: plant/open/# }\n    - { deny: all, topic: plant/# }\n"));

    [Fact]
    public async Task A_page_of_the_hub_publishes_and_hears()
    {
        await using var browser = await Browser.OpenAsync("en", new Uri(hub.Http.BaseAddress!, "/healthz").ToString());
        Assert.Equal("2 3 4 9:1 hi", await AskAsync(browser, "plant/open/a"));
        // Denied to an admin, outside of cityedge/, under --auth none.
        Assert.Equal("2 9:128", await AskAsync(browser, "plant/a"));
        Assert.Equal("2 9:128", await AskAsync(browser, "#"));
    }

    [Fact]
    public async Task A_page_of_another_origin_is_refused()
    {
        await using var other = await HubProcess.StartAsync(folder["other"]);
        await using var browser = await Browser.OpenAsync("en", new Uri(other.Http.BaseAddress!, "/healthz").ToString());
        Assert.Equal("closed 1006", await AskAsync(browser, "plant/open/a"));
    }

    public async ValueTask DisposeAsync()
    {
        if (hub is not null) await hub.DisposeAsync();
        folder.Dispose();
    }

    private async Task<string> AskAsync(Browser browser, string topic) =>
        await browser.Page.EvaluateAsync<string>(Script, new[] { new UriBuilder(hub.Http.BaseAddress!) { Scheme = "ws", Path = "/mqtt" }.Uri.ToString(), topic });
}
