namespace CityEdge.Hub.Broker;

/// <summary>What a <see cref="TopicRule"/> is about.</summary>
public enum TopicAction
{
    Publish,
    Subscribe,

    /// <summary>Both.</summary>
    All,
}
