namespace CityEdge.Contracts;

/// <summary>Which of the topics of design §5 a topic is.</summary>
public enum TopicChannel : byte
{
    /// <summary>Up: SenML JSON.</summary>
    Telemetry,

    /// <summary>Up: CloudEvents JSON.</summary>
    Event,

    /// <summary>Up, retained: <see cref="DeviceStatus"/>.</summary>
    Status,

    /// <summary>Down: a command for the device.</summary>
    Command,

    /// <summary>Up: what became of a command.</summary>
    CommandReply,

    /// <summary>Down, retained: desired configuration.</summary>
    Config,

    /// <summary>Up, retained: applied configuration.</summary>
    ConfigReported,

    /// <summary>Down, retained: public ticket card of a site.</summary>
    Ticket,
}
