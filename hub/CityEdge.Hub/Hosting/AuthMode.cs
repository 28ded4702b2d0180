namespace CityEdge.Hub.Hosting;

/// <summary>Whether clients must authenticate; <c>none</c> takes anyone as admin and is refused unless every listener is loopback (design §5).</summary>
public enum AuthMode
{
    Required,
    None,
}
