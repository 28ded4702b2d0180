using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>What a test, or another transport, may put in place of the real thing. Everything has a default.</summary>
public sealed record AgentSeams
{
    /// <summary>Makes the link; default an <see cref="MqttClient"/>.</summary>
    public Func<MqttClientOptions, IMqttLink> Link { get; init; } = options => new MqttClient(options);

    /// <summary>Files of the spool; null: the disk.</summary>
    public ILogFiles? Files { get; init; }

    /// <summary>Clock of everything that concerns the wire (back-off, batching age, status interval): real also where the agent's own clock runs faster.</summary>
    public TimeProvider WireClock { get; init; } = TimeProvider.System;

    /// <summary>Changes the options of the link before it is made.</summary>
    public Func<MqttClientOptions, MqttClientOptions>? Configure { get; init; }
}
