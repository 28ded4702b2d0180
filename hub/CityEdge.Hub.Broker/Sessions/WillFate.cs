namespace CityEdge.Hub.Broker;

/// <summary>What the end of a connection means for its will.</summary>
internal enum WillFate
{
    /// <summary>The client said good-bye.</summary>
    Discard,

    Publish,

    /// <summary>The hub ends, not the client: decided after the restart (MQTT 5.0 §3.1.2.5).</summary>
    Keep,
}
