using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dispatcher.Bench;

/// <summary>One line of the table and of <c>artifacts/bench/results.json</c>.</summary>
internal sealed record Row
{
    /// <summary><c>W1</c> one no-op step, <c>W2</c> three, <c>W3</c> sleeping jobs, <c>W4</c> one fan-out of 10,000 items, <c>W5</c> recovery, <c>S1</c> to <c>S3</c> schedules, <c>H1</c> to <c>H6</c> the service over HTTP, <c>K0</c> to <c>K4</c> the contracts, <c>P1</c> to <c>P3</c> the PostgreSQL store, <c>C1</c> to <c>C5</c> a cluster on it.</summary>
    public required string Workload { get; init; }

    public string Store { get; init; } = "sqlite-full";

    public int Concurrency { get; init; }

    /// <summary>Jobs (W4: items) ended in a second.</summary>
    public double? JobsPerSecond { get; init; }

    /// <summary>The same bytes through the same writer without actors, in the same run.</summary>
    public double? BareJobsPerSecond { get; init; }

    public double? Ratio { get; init; }

    public double? P50Ms { get; init; }

    public double? P99Ms { get; init; }

    public double? BareP50Ms { get; init; }

    /// <summary>Processor time of the whole process for each job, in microseconds.</summary>
    public double? CpuUs { get; init; }

    public double? BareCpuUs { get; init; }

    /// <summary>What the numbers above have no column for.</summary>
    public string? Note { get; init; }

    /// <summary>The issue's target and whether this run met it.</summary>
    public string? Target { get; init; }

    public bool? Met { get; init; }

    /// <summary>What a loop measured, against another one of the same run.</summary>
    public static Row Against(string workload, int concurrency, LoopResult result, LoopResult against) => new()
    {
        Workload = workload,
        Concurrency = concurrency,
        JobsPerSecond = result.PerSecond,
        BareJobsPerSecond = against.PerSecond,
        Ratio = result.PerSecond / against.PerSecond,
        P50Ms = result.P50Ms,
        P99Ms = result.P99Ms,
        BareP50Ms = against.P50Ms,
        CpuUs = result.CpuMicroseconds,
        BareCpuUs = against.CpuMicroseconds,
    };
}

/// <summary>Prints the table and writes it as JSON; both say the same.</summary>
internal static class Report
{
    public static void Print(IReadOnlyList<Row> rows)
    {
        Console.WriteLine();
        Console.WriteLine("| workload | in flight | jobs/s | bare jobs/s | ratio | p50 ms | p99 ms | bare p50 ms | CPU us | bare CPU us | target | met | note |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |");
        foreach (var row in rows)
        {
            Console.WriteLine(
                $"| {row.Workload} | {row.Concurrency} | {Number(row.JobsPerSecond, "N0")} | {Number(row.BareJobsPerSecond, "N0")} | {Number(row.Ratio, "F2")} | {Number(row.P50Ms, "F2")} | {Number(row.P99Ms, "F2")} | {Number(row.BareP50Ms, "F2")} | {Number(row.CpuUs, "F0")} | {Number(row.BareCpuUs, "F0")} | {row.Target} | {(row.Met is { } met ? met ? "yes" : "no" : "")} | {row.Note} |");
        }
    }

    public static void Write(IReadOnlyList<Row> rows, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, JsonSerializer.Serialize(rows, ReportJson.Default.IReadOnlyListRow));
        Console.WriteLine($"\nWritten to {path}");
    }

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format, CultureInfo.InvariantCulture) : "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyList<Row>))]
internal sealed partial class ReportJson : JsonSerializerContext;
