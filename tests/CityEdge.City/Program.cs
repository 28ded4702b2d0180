using System.CommandLine;
using CityEdge.City;

var root = new RootCommand("The simulated city of CityEdge: agents with real spools that speak real MQTT, and a crew that repairs what its tickets name.");
root.Subcommands.Add(RunCommand.Build());
return await root.Parse(args).InvokeAsync();
