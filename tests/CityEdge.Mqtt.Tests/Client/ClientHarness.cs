using System.Threading.Channels;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>A client with its events and messages as queues to wait on.</summary>
internal sealed class ClientHarness : IAsyncDisposable
{
    private readonly Channel<MqttConnected> connected = Channel.CreateUnbounded<MqttConnected>();
    private readonly Channel<MqttDisconnected> disconnected = Channel.CreateUnbounded<MqttDisconnected>();
    private readonly Channel<MqttIncoming> incoming = Channel.CreateUnbounded<MqttIncoming>();

    public ClientHarness(MqttClientOptions options)
    {
        Client = new(options.Handler is null ? options with { Handler = Take } : options);
        Client.Connected += e => connected.Writer.TryWrite(e);
        Client.Disconnected += e => disconnected.Writer.TryWrite(e);
    }

    public MqttClient Client { get; }

    public static async Task<ClientHarness> StartAsync(MqttClientOptions options)
    {
        var harness = new ClientHarness(options);
        await harness.Client.StartAsync(TestContext.Current.CancellationToken);
        return harness;
    }

    public Task<MqttConnected> ConnectedAsync() => connected.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Within("Connected event");

    public Task<MqttDisconnected> DisconnectedAsync() => disconnected.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Within("Disconnected event");

    public Task<MqttIncoming> IncomingAsync() => incoming.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Within("message");

    public bool HasIncoming => incoming.Reader.Count > 0;

    public ValueTask DisposeAsync() => Client.DisposeAsync();

    private ValueTask Take(MqttIncoming message, CancellationToken cancellation)
    {
        incoming.Writer.TryWrite(message);
        return ValueTask.CompletedTask;
    }
}
