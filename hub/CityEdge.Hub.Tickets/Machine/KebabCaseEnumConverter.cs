using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Writes and reads an enum as lower-kebab text (design §5), whatever the serializer's own options say.</summary>
public sealed class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
