using System.Runtime.InteropServices;
using Dispatcher.Bench;
using Dispatcher.Bench.Http;
using Dispatcher.Bench.Postgres;
using Dispatcher.Bench.Workloads;
using Dispatcher.Tests.Shared;

if (args is [RecoveryChild.Verb, var childDirectory]) return await RecoveryChild.Run(childDirectory);
if (args is [LoadChild.Verb, .. var load]) return await LoadChild.Run(load);
if (args is [BareServer.Verb, var bareDirectory]) return await BareServer.Run(bareDirectory);

BenchOptions options;
try
{
    options = BenchOptions.Parse(args);
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors, SQLite synchronous=FULL, data in {options.Directory}");
Directory.CreateDirectory(options.Directory);
try
{
    var rows = new List<Row>();
    if (options.Runs("W1")) rows.AddRange(await NoopJobs.Run("W1", steps: 1, options));
    if (options.Runs("W2")) rows.AddRange(await NoopJobs.Run("W2", steps: 3, options));
    if (options.Runs("W3")) rows.AddRange(await SleepingJobs.Run(options));
    if (options.Runs("W4")) rows.Add(await WideFanOut.Run(options));
    if (options.Runs("W5")) rows.Add(await RecoveryAfterKill.Run(options));
    if (options.Runs("S1")) rows.AddRange(await Schedules.Run(options));
    if (options.Runs("H1")) rows.AddRange(await HttpJobs.Run(options));
    if (PostgresCluster.Programs.Length > 0 && (options.Runs("P1") || options.Runs("P2") || options.Runs("P3")))
    {
        await using var postgres = await PostgresBench.Start(options);
        if (options.Runs("P1")) rows.AddRange(await postgres.AgainstBare());
        if (options.Runs("P2")) rows.AddRange(await postgres.Fences());
        if (options.Runs("P3")) rows.AddRange(await postgres.Inserts());
    }

    if (PostgresCluster.Programs.Length > 0 && (options.Runs("C1") || options.Runs("C3") || options.Runs("C4") || options.Runs("C5") || options.Runs("C6"))) rows.AddRange(await ClusterBench.Run(options));
    if (ContractCreates.IsWanted(options)) rows.AddRange(await ContractCreates.Run(options));
    if (options.Runs("H4")) rows.AddRange(await HttpLatency.Run(options));
    if (options.Runs("H6")) rows.AddRange(await HttpReads.Run(options));
    Report.Print(rows);
    Report.Write(rows, options.ResultPath);
    return 0;
}
finally
{
    Directory.Delete(options.Directory, recursive: true);
}
