namespace CityEdge.Bench.Mqtt.Load;

/// <summary>A child that holds connections until it is disposed of.</summary>
internal interface IConnected : IAsyncDisposable
{
    /// <summary>How connecting went.</summary>
    ConnectResult Connected { get; }
}
