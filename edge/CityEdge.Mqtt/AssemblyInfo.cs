using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CityEdge.Mqtt.Tests")]
