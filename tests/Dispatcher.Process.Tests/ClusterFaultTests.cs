using Dispatcher.Process.Tests.Cluster;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>Three real nodes on a real PostgreSQL under load, and one fault. What must hold is told by <see cref="ClusterChecker"/>.</summary>
[Trait("Category", "Long")]
public sealed class ClusterFaultTests(ITestOutputHelper log)
{
    private const int Nodes = 3;
    private const int Lanes = 8;

    [Fact]
    public Task Kill() => Suffer(async (rig, _) =>
    {
        await rig.Kill("node-2");
        await rig.WhenSettled();
        await rig.StartNode("node-2");
        await rig.WhenSettled();
        await rig.Kill(await rig.Coordinator());
        await rig.WhenSettled();
    });

    [Fact]
    public Task Freeze() => Suffer(async (rig, _) =>
    {
        await rig.Freeze("node-1", TimeSpan.FromSeconds(8));
        await rig.WhenSettled();
    });

    [Fact]
    public Task CutOff() => Suffer(async (rig, random) =>
    {
        await rig.CutOff("node-3", toServer: true, toClient: true, TimeSpan.FromSeconds(8));
        await rig.WhenSettled();
        var back = random.Next(2) == 0;
        await rig.CutOff("node-1", toServer: !back, toClient: back, TimeSpan.FromSeconds(8));
        await rig.WhenSettled();
    });

    [Fact]
    public Task DatabaseCrash() => Suffer(async (rig, random) =>
    {
        await rig.EndConnections(random, 8);
        await rig.CrashDatabase(TimeSpan.FromSeconds(1));
        await rig.WhenSettled();
        // Longer than a node trusts itself: all stand down, and come again.
        await rig.CrashDatabase(TimeSpan.FromSeconds(7));
        await rig.WhenSettled();
    });

    [Fact]
    public async Task DiskFull()
    {
        using var disk = new SmallDisk(kibibytes: 220 * 1024);
        await Suffer(
            async (rig, random) =>
            {
                await rig.FillDisk(disk.Path, TimeSpan.FromSeconds(2) + random.NextMilliseconds(2000));
                await rig.WhenSettled();
                await rig.FillDisk(disk.Path, TimeSpan.FromSeconds(7));
                await rig.WhenSettled();
            },
            disk.Path);
    }

    [Fact]
    public Task ClockJump() => Suffer(async (rig, _) =>
    {
        foreach (var (name, minutes) in new[] { ("node-1", 60), ("node-2", -60), ("node-1", -60), ("node-2", 0) })
        {
            rig.SetClock(name, TimeSpan.FromMinutes(minutes));
            await Wait.Instant(TimeSpan.FromSeconds(2));
        }

        // What the fast clock wrote is taken up by the others.
        await rig.Kill("node-1");
        await rig.WhenSettled();
    });

    [Fact]
    public Task RollingRestart() => Suffer(async (rig, _) =>
    {
        foreach (var name in rig.Names)
        {
            await rig.Terminate(name);
            await rig.StartNode(name);
            await rig.WhenSettled();
        }
    });

    private async Task Suffer(Func<ClusterRig, Random, Task> faults, string? disk = null)
    {
        var seed = Seed.Next();
        await using var rig = await ClusterRig.Start(Nodes, seed, log.WriteLine, disk: disk);
        rig.Load.Begin(Lanes);
        await Wait.Until(() => rig.Load.Accepted.Count > 50, () => $"jobs are accepted\n{rig.Logs()}");
        await faults(rig, new Random(seed));
        var after = rig.Load.Accepted.Count;
        await Wait.Until(() => rig.Load.Accepted.Count > after + 50, () => $"jobs are accepted afterwards\n{rig.Logs()}");
        var broken = await rig.Faults();
        Assert.True(broken.Count == 0, $"seed {seed}: {broken.Count} faults\n{string.Join('\n', broken.Take(30))}\n{rig.Logs()}");
    }
}
