using System.Globalization;
using Dispatcher.Process.Tests.Cluster.Loads;
using Dispatcher.Process.Tests.Support;
using Provider;

namespace Dispatcher.Process.Tests.Cluster;

/// <summary>All faults at random under loads of all kinds for a while, then the check: <c>chaos [--seconds N] [--seed S]</c>. Exit code 1 when something did not hold.</summary>
internal static class Chaos
{
    public const string Word = "chaos";

    private const int Nodes = 3;
    private const int Lanes = 8;
    private const int MeteredLanes = 4;
    private const int OrderedLanes = 3;

    public static async Task<int> Run(string[] options)
    {
        if (!TryRead(options, out var time, out var seed))
        {
            await Console.Error.WriteLineAsync("Usage: chaos [--seconds N] [--seed S]");
            return 2;
        }

        using var directory = new TemporaryDirectory();
        await using var provider = await ProviderService.Start(new ProviderSettings { DataDirectory = directory.Path, WithFfmpeg = false, Delay = TimeSpan.FromMilliseconds(300) });
        await using var rig = await ClusterRig.Start(Nodes, seed, Console.WriteLine, provider: provider.Address);
        rig.Load.Begin(Lanes);
        rig.Begin(new MeteredLoad(rig.Client, seed), MeteredLanes);
        rig.Begin(new ScheduledLoad(rig.Client, seed), ScheduleKind.All.Count);
        rig.Begin(new OrderedLoad(rig.Client, provider, seed), OrderedLanes);
        IReadOnlyList<string> faults;
        try
        {
            faults = await Run(rig, time, new Random(seed));
        }
        catch (Exception failure) when (failure is TimeoutException or Xunit.Sdk.XunitException)
        {
            faults = [failure.Message, .. await rig.Shards()];
        }

        foreach (var fault in faults.Take(50)) await Console.Out.WriteLineAsync(fault);
        if (faults.Count > 0) await Console.Out.WriteLineAsync(rig.Logs());
        await Console.Out.WriteLineAsync(faults.Count == 0 ? $"Everything holds. Seed {seed}." : $"{faults.Count} faults. Seed {seed}.");
        return faults.Count == 0 ? 0 : 1;
    }

    /// <summary>One fault after the other, with all nodes up in between.</summary>
    private static async Task<IReadOnlyList<string>> Run(ClusterRig rig, TimeSpan time, Random random)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(startedAt) < time)
        {
            await Happen(rig, random);
            await rig.WhenSettled();
            await Wait.Instant(random.NextMilliseconds(1000));
        }

        return [.. await rig.Faults(), .. await ClusterChecker.Findings(rig)];
    }

    private static async Task Happen(ClusterRig rig, Random random)
    {
        var name = random.Next(3) == 0 ? await rig.Coordinator() : rig.Names.ElementAt(random.Next(rig.Names.Count));
        switch (random.Next(9))
        {
            case 0:
                await rig.Kill(name);
                await Wait.Instant(random.NextMilliseconds(2000));
                await rig.StartNode(name);
                break;
            case 1:
                await rig.Freeze(name, random.NextMilliseconds(10_000));
                break;
            case 2:
                await rig.CutOff(name, toServer: true, toClient: true, random.NextMilliseconds(10_000));
                break;
            case 3:
                var back = random.Next(2) == 0;
                await rig.CutOff(name, toServer: !back, toClient: back, random.NextMilliseconds(10_000));
                break;
            case 4:
                await rig.CrashDatabase(random.NextMilliseconds(3000));
                break;
            case 5:
                await rig.EndConnections(random, 5);
                break;
            case 6:
                await rig.Terminate(name);
                await rig.StartNode(name);
                break;
            case 7:
                rig.SetClock(name, TimeSpan.FromMinutes(random.Next(-90, 90)));
                break;
            default:
                await rig.StartNode("node-more");
                await rig.WhenSettled();
                await rig.Terminate("node-more");
                rig.Remove("node-more");
                break;
        }
    }

    private static bool TryRead(string[] options, out TimeSpan time, out int seed)
    {
        (time, seed) = (TimeSpan.FromSeconds(60), Seed.Next());
        for (var i = 0; i < options.Length; i += 2)
        {
            if (i + 1 == options.Length || !int.TryParse(options[i + 1], CultureInfo.InvariantCulture, out var number) || number < 0) return false;
            if (options[i] == "--seconds") time = TimeSpan.FromSeconds(number);
            else if (options[i] == "--seed") seed = number;
            else return false;
        }

        return true;
    }
}
