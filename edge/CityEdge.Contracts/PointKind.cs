namespace CityEdge.Contracts;

/// <summary>Kind of a point: decides the canonical unit and the InfluxDB measurement (design §5).</summary>
public enum PointKind : byte
{
    Value,
    Temperature,
    Humidity,
    Pressure,
    Flow,
    Volume,
    Level,
    Power,
    Energy,
    Illuminance,
    Current,
    Voltage,
    Ratio,
    Contact,
    Text,
}
