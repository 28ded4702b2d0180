namespace CityEdge.Hub.Broker;

/// <summary>What kind of principal an MQTT client authenticated as.</summary>
public enum IdentityKind
{
    Device,
    User,
    Anonymous,
    Hub,
}
