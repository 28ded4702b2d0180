using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("CityEdge.Edge.Tests")]
