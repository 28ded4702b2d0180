using CityEdge.Bench;

// Measurements by hand, not gates: each verb prints what it saw on this machine.
switch (args.FirstOrDefault())
{
    case "segment-log":
        await SegmentLogBench.RunAsync(args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "cityedge-bench-log"));
        return 0;
    case "route":
        await RouteBench.RunAsync(args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "cityedge-bench-route"));
        return 0;
    case "start":
        await StartBench.RunAsync(args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "cityedge-bench-start"));
        return 0;
    case "telemetry":
        return await TelemetryBench.RunAsync(args[1..], Console.Out);
    case "mqtt":
        return await CityEdge.Bench.Mqtt.MqttBench.RunAsync(args[1..]);
    case "faults":
        return CityEdge.Bench.Faults.FaultsBench.Run(args[1..], Console.Out);
    case "rules":
        return CityEdge.Bench.Rules.RulesBench.Run(args[1..], Console.Out);
    case "anomaly":
        return CityEdge.Bench.Anomaly.AnomalyBench.Run(args[1..], Console.Out);
    case "rehearse":
        return await RehearseBench.RunAsync(args[1..], Console.Out);
    default:
        Console.Error.WriteLine("usage: CityEdge.Bench segment-log [DIR on the disk to measure] | route [DIR] | start [DIR] | telemetry [memory] [ingest] [recordings] [queries] [rows] [lines] | anomaly [--data DIR] | rehearse DIR [POINTS] [DAYS] | rules [--speed | --state] | faults [--data DIR] | mqtt VERB (mqtt --help)");
        return 2;
}
