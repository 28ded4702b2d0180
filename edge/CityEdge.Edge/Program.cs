using CityEdge.Edge.Cli;

return await EdgeCommandLine.RunAsync(args, Console.Out, Console.Error);
