namespace Dispatcher.Bench;

/// <summary>What to run, for how long, and where.</summary>
internal sealed record BenchOptions
{
    /// <summary>Shorter loops and one round: under two minutes in all.</summary>
    public bool Quick { get; init; }

    /// <summary>Workloads to run; all if empty.</summary>
    public IReadOnlySet<string> Workloads { get; init; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<int> Concurrencies { get; init; } = [1, 10, 100, 1000, 5000];

    /// <summary>Where data directories are made; on the disk to be measured, not in memory.</summary>
    public required string Directory { get; init; }

    public string ResultPath { get; init; } = Path.Combine("artifacts", "bench", "results.json");

    public TimeSpan LoopDuration => TimeSpan.FromSeconds(Quick ? 1.5 : 4);

    public int Rounds => Quick ? 1 : 3;

    public bool Runs(string workload) => Workloads.Count == 0 || Workloads.Contains(workload);

    public string NewDirectory(string name)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(path);
        return path;
    }

    /// <summary><c>--quick --workloads W1,W2 --concurrency 100,1000 --dir PATH --out FILE</c></summary>
    /// <exception cref="FormatException">An unknown option, or one without its value.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions { Directory = Path.Combine(Path.GetTempPath(), $"dispatcher-bench-{Environment.ProcessId}") };
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true },
                "--workloads" => options with { Workloads = Value(args, ref i).Split(',').ToHashSet(StringComparer.OrdinalIgnoreCase) },
                "--concurrency" => options with { Concurrencies = [.. Value(args, ref i).Split(',').Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))] },
                "--dir" => options with { Directory = Value(args, ref i) },
                "--out" => options with { ResultPath = Value(args, ref i) },
                var unknown => throw new FormatException($"Unknown option {unknown}. Options: --quick, --workloads W1,W2, --concurrency 1,100, --dir PATH, --out FILE."),
            };
        }

        return options;
    }

    private static string Value(string[] args, ref int i) => ++i < args.Length ? args[i] : throw new FormatException($"The option {args[i - 1]} needs a value.");
}
