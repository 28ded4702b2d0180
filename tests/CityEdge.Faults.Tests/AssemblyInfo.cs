// Each test loads the machine with servers of its own and measures times: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
