using Dispatcher.Process.Tests.Cluster;
using Dispatcher.Process.Tests.Support;
using Xunit.Abstractions;

namespace Dispatcher.Process.Tests;

/// <summary>The checker of the fault tests finds what it is for: in each test a guard is taken away, and the run must be red.</summary>
[Trait("Category", "Long")]
public sealed class ClusterCheckerTests(ITestOutputHelper log)
{
    private const int Lanes = 8;

    /// <summary>Long enough for what ends at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A node that was declared dead and went on may write, and is not told; nor does it doubt, or it would stand down before it wrote.</summary>
    [Fact]
    public async Task Checker_FindsTwoWriters_WithoutTheFence()
    {
        await using var rig = await Start();
        await rig.Execute("CREATE OR REPLACE FUNCTION dispatcher.is_alive(me bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
        await rig.Execute("DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('dispatcher.commit_batch'::regproc), 'alive := FOUND;', 'alive := true;'); END $do$");
        await rig.StartNode("node-4", margin: TimeSpan.FromSeconds(-30));
        await rig.WhenSettled();
        rig.Load.Begin(Lanes);

        await rig.Freeze("node-4", TimeSpan.FromSeconds(8));
        await Wait.Instant(TimeSpan.FromSeconds(3));

        AssertFound(await rig.Faults(), "owned its shard");
    }

    /// <summary>Some messages between jobs are gone before they are read.</summary>
    [Fact]
    public async Task Checker_FindsJobsThatWaitForEver_WithoutTheInbox()
    {
        await using var rig = await Start();
        await rig.Execute("CREATE FUNCTION dispatcher.lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN random() < 0.3 THEN NULL ELSE NEW END; END'");
        await rig.Execute("CREATE TRIGGER lose BEFORE INSERT ON dispatcher.inbox FOR EACH ROW EXECUTE FUNCTION dispatcher.lose()");
        rig.Load.Begin(Lanes);

        await Wait.Until(() => rig.Load.Accepted.Count > 300, () => "jobs are accepted");

        AssertFound(await rig.Faults(), "did not end");
    }

    /// <summary>A node believes in its ownership for longer than the others do, and is cut off.</summary>
    [Fact]
    public async Task Checker_FindsEffectsUnderAnOldEpoch_WhenANodeTrustsItselfForTooLong()
    {
        await using var rig = await Start();
        await rig.StartNode("node-4", margin: TimeSpan.FromSeconds(-30));
        await rig.WhenSettled();
        for (var i = 0; i < 5; i++) await rig.Submit("node-4", ClusterWorkflows.Enduring.Name);

        await rig.CutOff("node-4", toServer: true, toClient: true, TimeSpan.FromSeconds(9));

        AssertFound(await rig.Faults(), "which was over since");
    }

    private Task<ClusterRig> Start() => ClusterRig.Start(3, Seed.Next(), log.WriteLine, Patience);

    private void AssertFound(IReadOnlyList<string> faults, string what)
    {
        log.WriteLine($"{faults.Count} faults, such as: {faults.FirstOrDefault(fault => fault.Contains(what, StringComparison.Ordinal))}");
        Assert.Contains(faults, fault => fault.Contains(what, StringComparison.Ordinal));
    }
}
