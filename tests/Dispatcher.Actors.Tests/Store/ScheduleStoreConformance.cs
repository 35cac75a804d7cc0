using Dispatcher.Store;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;
using static Dispatcher.Actors.Tests.Store.StoreSamples;

namespace Dispatcher.Actors.Tests.Store;

/// <summary>What <see cref="IScheduleStore"/> promises.</summary>
public abstract class ScheduleStoreConformance : StoreConformance
{
    private IScheduleStore Schedules => (IScheduleStore)Store;

    [Fact]
    public async Task ASchedule_IsGivenAsItWasStored_AlsoAfterAReopening()
    {
        var full = new ScheduleDefinition
        {
            Name = "Wöchentlich 日本",
            Description = "d",
            Cron = "0 9 * * 1",
            TimeZone = "America/New_York",
            StartAt = Noon,
            EndAt = Noon.AddDays(9),
            Pause = new SchedulePause(Noon.AddDays(1), "holiday", "ada"),
            Overlap = OverlapPolicy.BufferOne,
            CatchUp = CatchUpPolicy.All,
            Jitter = TimeSpan.FromSeconds(3),
            Target = new ScheduleTarget("report", 2),
            Input = System.Text.Json.JsonElement.Parse("""{"a":[1,"ü"]}"""),
            Labels = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("team", "red"),
            Priority = -5,
            ArchiveAfter = TimeSpan.FromHours(2),
            DeleteAfter = TimeSpan.FromDays(2),
        };
        var next = new FireTime(Noon.AddHours(1), Noon.AddHours(1).AddMilliseconds(5));
        var done = Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(New("a") with { Definition = full, Next = next }));
        await Reopen();

        var found = await Schedules.FindSchedule("acme", "a");

        Assert.True(done.IsNew);
        Assert.Equal((1L, Noon, Noon, (FireTime?)next), (found!.Version, found.CreatedAt, found.UpdatedAt, found.Next));
        Assert.Equal(SchedulingCodec.Encode(full), SchedulingCodec.Encode(found.Definition));
        Assert.Equal(FiringRecord.None, found.Record);
        Assert.Null(await Schedules.FindSchedule("other", "a"));
        Assert.Null(await Schedules.FindSchedule("acme", "A"));
    }

    [Fact]
    public async Task Versions_AreExpected_OrConflict()
    {
        await Put(New("a"));

        Assert.IsType<ScheduleWrite.Conflict>(await Schedules.PutSchedule(New("a")));
        Assert.IsType<ScheduleWrite.NotFound>(await Schedules.PutSchedule(New("b") with { ExpectedVersion = 3 }));
        var second = await Put(New("a") with { ExpectedVersion = 1, At = Noon.AddMinutes(1) });
        Assert.Equal((2L, Noon, Noon.AddMinutes(1)), (second.Version, second.CreatedAt, second.UpdatedAt));
        Assert.Equal(2, Assert.IsType<ScheduleWrite.Conflict>(await Schedules.PutSchedule(New("a") with { ExpectedVersion = 1 })).Existing.Version);
        Assert.Equal(3, (await Put(New("a") with { ExpectedVersion = null })).Version);
        Assert.Equal(1, (await Put(New("c") with { ExpectedVersion = null })).Version);
    }

    [Fact]
    public async Task AChange_KeepsTheTimes_WhenItSaysSo()
    {
        await Put(New("a") with { Next = Due(1) });

        Assert.Equal(Due(1), (await Put(New("a") with { ExpectedVersion = 1, Next = null, KeepsTimes = true })).Next);
        Assert.Equal(Due(1), (await Schedules.FindSchedule("acme", "a"))!.Next);
        await Put(New("a") with { ExpectedVersion = 2, Next = Due(2) });
        Assert.Equal(Due(2), (await Schedules.FindSchedule("acme", "a"))!.Next);
    }

    [Fact]
    public async Task OneMoreThanTheLimit_IsRefused_OfEachTenant()
    {
        await Put(New("a") with { LimitPerTenant = 2 });
        await Put(New("b") with { LimitPerTenant = 2 });

        Assert.Equal(2, Assert.IsType<ScheduleWrite.Full>(await Schedules.PutSchedule(New("c") with { LimitPerTenant = 2 })).Limit);
        await Put(New("a") with { LimitPerTenant = 2, ExpectedVersion = 1 });
        await Put(New("c") with { LimitPerTenant = 2, Tenant = "other" });
        await Schedules.DeleteSchedule("acme", "b", null, Noon);
        await Put(New("c") with { LimitPerTenant = 2 });
        Assert.IsType<ScheduleWrite.Full>(await Schedules.PutSchedule(New("d") with { LimitPerTenant = 2 }));
    }

    [Fact]
    public async Task Dependencies_MustBeThere_AndCloseNoRing()
    {
        Assert.Equal(["x", "y"], Assert.IsType<ScheduleWrite.UnknownDependencies>(await Schedules.PutSchedule(New("a", "x", "y"))).Ids);
        Assert.Equal(["a", "a"], Assert.IsType<ScheduleWrite.Cycle>(await Schedules.PutSchedule(New("a", "a"))).Path);
        await Put(New("a"));
        await Put(New("b", "a"));
        await Put(New("c", "b"));

        Assert.Equal(["a", "c", "b", "a"], Assert.IsType<ScheduleWrite.Cycle>(await Schedules.PutSchedule(New("a", "c") with { ExpectedVersion = 1 })).Path);
        Assert.Empty((await Schedules.FindSchedule("acme", "a"))!.Definition.DependsOn);
        Assert.Equal([new ScheduleEdge("b", "a"), new ScheduleEdge("c", "b")], await Schedules.ReadScheduleEdges("acme", 10));
        Assert.IsType<ScheduleWrite.UnknownDependencies>(await Schedules.PutSchedule(New("d", "a") with { Tenant = "other" }));
    }

    [Fact]
    public async Task OfTwoChangesThatCloseARingTogether_OneIsRefused()
    {
        for (var round = 0; round < 10; round++)
        {
            var (one, other) = ($"one{round}", $"other{round}");
            await Put(New(one));
            await Put(New(other));

            var writes = await Task.WhenAll(
                Schedules.PutSchedule(New(one, other) with { ExpectedVersion = 1 }).AsTask(), Schedules.PutSchedule(New(other, one) with { ExpectedVersion = 1 }).AsTask());

            Assert.Single(writes.OfType<ScheduleWrite.Done>());
            Assert.Single(writes.OfType<ScheduleWrite.Cycle>());
        }
    }

    [Fact]
    public async Task ADeletedSchedule_IsGone_AndThoseThatDependOnIt_KeepTheirEdge()
    {
        await Put(New("a"));
        await Put(New("b", "a"));

        Assert.IsType<ScheduleWrite.Conflict>(await Schedules.DeleteSchedule("acme", "a", 7, Noon));
        Assert.IsType<ScheduleWrite.NotFound>(await Schedules.DeleteSchedule("other", "a", null, Noon));
        Assert.Equal("a", Assert.IsType<ScheduleWrite.Done>(await Schedules.DeleteSchedule("acme", "a", 1, Noon)).Schedule.Id);
        Assert.IsType<ScheduleWrite.NotFound>(await Schedules.DeleteSchedule("acme", "a", null, Noon));

        Assert.Null(await Schedules.FindSchedule("acme", "a"));
        Assert.Equal([new ScheduleEdge("b", "a")], await Schedules.ReadScheduleEdges("acme", 10));
        // It may be changed in other things, though what it depends on is gone; a new edge may not lead there.
        await Put(New("b", "a") with { ExpectedVersion = 1 });
        Assert.IsType<ScheduleWrite.UnknownDependencies>(await Schedules.PutSchedule(New("c", "a")));
        await Schedules.DeleteSchedule("acme", "b", null, Noon);
        Assert.Empty(await Schedules.ReadScheduleEdges("acme", 10));
    }

    [Fact]
    public async Task Lists_AreInTheOrderOfIds_OfOneTenant()
    {
        foreach (var id in new[] { "b", "a", "C", "d" }) await Put(New(id));
        await Put(New("e") with { Tenant = "other" });

        Assert.Equal(["C", "a", "b"], (await Schedules.ListSchedules("acme", null, 3)).Select(schedule => schedule.Id));
        Assert.Equal(["d"], (await Schedules.ListSchedules("acme", "b", 3)).Select(schedule => schedule.Id));
    }

    [Fact]
    public async Task DueSchedules_AreThoseWhoseTimeHasCome_EarliestFirst_OfAllTenants()
    {
        Assert.Null(await Schedules.NextFiring());
        await Put(New("a") with { Next = Due(3) });
        await Put(New("b") with { Next = Due(1), Tenant = "other" });
        await Put(New("c") with { Next = Due(2) });
        await Put(New("d"));

        Assert.Equal(Due(1).FireAt, await Schedules.NextFiring());
        Assert.Empty(await Schedules.ReadDueSchedules(Due(1).FireAt.AddMilliseconds(-1), 10));
        Assert.Equal(["b", "c"], (await Schedules.ReadDueSchedules(Due(2).FireAt, 10)).Select(schedule => schedule.Id));
        Assert.Equal(["b"], (await Schedules.ReadDueSchedules(Due(9).FireAt, 1)).Select(schedule => schedule.Id));
    }

    [Fact]
    public async Task AnAdvance_NotesWhatWasFired_AndTheNextTime()
    {
        await Put(New("a") with { Next = Due(1) });
        var job = Id(1);
        var record = new FiringRecord { LastDue = Due(1).Due, LastFiredAt = Noon.AddHours(1), LastJob = job, LastAfter = Id(2), Fired = 1, Skipped = 2, Missed = 3, Failed = 4, Note = "n" };

        Assert.True(await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, Due(2), Due(1).Due, record)]));

        var found = await Schedules.FindSchedule("acme", "a");
        Assert.Equal((Due(2), Due(1).Due, record), (found!.Next, found.HeldDue, found.Record));
        Assert.Equal(["a"], (await Schedules.ReadHeldSchedules(null, 10)).Select(schedule => schedule.Id));
        Assert.True(await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, null, null, record, ArchivedAt: Noon)]));
        found = await Schedules.FindSchedule("acme", "a");
        Assert.Equal((null, null, (DateTimeOffset?)Noon), (found!.Next, found.HeldDue, found.ArchivedAt));
        Assert.Empty(await Schedules.ReadHeldSchedules(null, 10));
        Assert.Null(await Schedules.NextFiring());
        Assert.True(await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "nobody", Noon, 1, null, null, record)]));
    }

    [Fact]
    public async Task AnAdvanceOfAnOlderVersion_NotesWhatWasFired_AndLeavesTheTimes()
    {
        await Put(New("a") with { Next = Due(1) });
        await Put(New("a") with { ExpectedVersion = 1, Next = Due(5) });

        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, Due(2), null, new FiringRecord { Fired = 1 }, ArchivedAt: Noon)]);

        var found = await Schedules.FindSchedule("acme", "a");
        Assert.Equal((Due(5), 1L, null), (found!.Next, found.Record.Fired, found.ArchivedAt));
        Assert.Equal(1, (await Put(New("a") with { ExpectedVersion = 2 })).Record.Fired);
    }

    [Fact]
    public async Task AnAdvanceOfAnOlderVersion_EndsAHeldFiring_AndBeginsNone()
    {
        await Put(New("a") with { Next = Due(1) });
        await Put(New("a") with { ExpectedVersion = 1, Next = Due(5) });
        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, Due(2), Due(1).Due, FiringRecord.None)]);
        Assert.Null((await Schedules.FindSchedule("acme", "a"))!.HeldDue);
        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 2, Due(6), Due(5).Due, FiringRecord.None)]);
        Assert.Equal(Due(5).Due, (await Schedules.FindSchedule("acme", "a"))!.HeldDue);

        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, Due(2), null, FiringRecord.None)]);

        Assert.Null((await Schedules.FindSchedule("acme", "a"))!.HeldDue);
    }

    [Fact]
    public async Task AnAdvanceOfAScheduleThatWasMadeAnew_IsNotNoted()
    {
        await Put(New("a") with { Next = Due(1) });
        await Schedules.DeleteSchedule("acme", "a", null, Noon);
        await Put(New("a") with { Next = Due(3), At = Noon.AddSeconds(1) });

        Assert.True(await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, Due(2), Due(1).Due, new FiringRecord { Fired = 1 })]));

        var found = await Schedules.FindSchedule("acme", "a");
        Assert.Equal((Due(3), null, 0L), (found!.Next, found.HeldDue, found.Record.Fired));
    }

    [Fact]
    public async Task AHeldFiring_StaysOverAChange_ButNotWhenItIsDisabled()
    {
        await Put(New("a"));
        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "a", Noon, 1, null, Due(1).Due, FiringRecord.None)]);

        Assert.Equal(Due(1).Due, (await Put(New("a") with { ExpectedVersion = 1 })).HeldDue);
        Assert.Equal(Due(1).Due, (await Schedules.FindSchedule("acme", "a"))!.HeldDue);
        var disabled = new ScheduleDefinition { Name = "a", Enabled = false };
        Assert.Null((await Put(New("a") with { ExpectedVersion = 2, Definition = disabled })).HeldDue);
        Assert.Null((await Schedules.FindSchedule("acme", "a"))!.HeldDue);
    }

    [Fact]
    public async Task AHeldFiringThatHasFired_StaysFired_WhenTheScheduleIsChangedAtTheSameTime()
    {
        for (var round = 0; round < 30; round++)
        {
            var id = $"s{round}";
            await Put(New(id) with { Next = Due(1) });
            await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", id, Noon, 1, Due(2), Due(1).Due, FiringRecord.None)]);

            await Task.WhenAll(
                Schedules.PutSchedule(New(id) with { ExpectedVersion = 1, KeepsTimes = true }).AsTask(),
                Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", id, Noon, 1, Due(2), null, new FiringRecord { Fired = 1 })]).AsTask());

            var found = (await Schedules.FindSchedule("acme", id))!;
            Assert.Equal((2L, null, 1L), (found.Version, found.HeldDue, found.Record.Fired));
        }
    }

    [Fact]
    public async Task KnownSchedules_AreThoseThatAreThere()
    {
        await Put(New("a"));
        await Put(New("b") with { Tenant = "other" });

        var known = await Schedules.FindKnown([new("acme", "a"), new("acme", "b"), new("other", "b"), new("acme", "c")]);

        Assert.Equal([new ScheduleKey("acme", "a"), new ScheduleKey("other", "b")], known.OrderBy(key => key.Id, StringComparer.Ordinal));
        Assert.Empty(await Schedules.FindKnown([]));
    }

    [Fact]
    public async Task DependenciesThatLeadTooFar_AreRefused()
    {
        string[] leaves = [.. Enumerable.Range(0, 100).Select(n => $"leaf{n}")];
        string[] middle = [.. Enumerable.Range(0, 101).Select(n => $"middle{n}")];
        foreach (var leaf in leaves) await Put(New(leaf) with { LimitPerTenant = 1000 });
        foreach (var id in middle) await Put(New(id, leaves) with { LimitPerTenant = 1000 });

        Assert.Equal(ScheduleLimits.DependencyEdges, Assert.IsType<ScheduleWrite.TooManyDependencies>(await Schedules.PutSchedule(New("top", middle) with { LimitPerTenant = 1000 })).Limit);
        await Put(New("top", middle[1..]) with { LimitPerTenant = 1000 });
    }

    [Fact]
    public async Task HeldSchedules_AreRead_PageByPage()
    {
        foreach (var (id, hours) in new[] { ("a", 2), ("b", 1), ("c", 2), ("d", 0) })
        {
            await Put(New(id));
            if (hours > 0) await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", id, Noon, 1, null, Noon.AddHours(hours), FiringRecord.None)]);
        }

        var first = await Schedules.ReadHeldSchedules(null, 2);
        Assert.Equal(["b", "a"], first.Select(schedule => schedule.Id));
        Assert.Equal(["c"], (await Schedules.ReadHeldSchedules(first[^1], 2)).Select(schedule => schedule.Id));
    }

    [Fact]
    public async Task SweptSchedules_AreThoseWhoseTimeHasCome()
    {
        await Put(New("a") with { SweepAt = Noon.AddHours(2) });
        await Put(New("b") with { SweepAt = Noon.AddHours(1) });
        await Put(New("c"));

        Assert.Equal(["b"], (await Schedules.ReadSweptSchedules(Noon.AddHours(1), 10)).Select(schedule => schedule.Id));
        await Schedules.AdvanceSchedules(null, [new ScheduleAdvance("acme", "b", Noon, 1, null, null, FiringRecord.None, SweepAt: Noon.AddHours(3))]);
        Assert.Equal(["a"], (await Schedules.ReadSweptSchedules(Noon.AddHours(2), 10)).Select(schedule => schedule.Id));
    }

    [Fact]
    public async Task Patterns_NeverChange_AndAreListedByVersions()
    {
        Assert.Equal(WorkflowRegistration.Registered, await Schedules.RegisterPattern("acme", Pattern("p", 1), Noon));
        Assert.Equal(WorkflowRegistration.Same, await Schedules.RegisterPattern("acme", Pattern("p", 1), Noon.AddHours(1)));
        Assert.Equal(WorkflowRegistration.Different, await Schedules.RegisterPattern("acme", Pattern("p", 1) with { Workflow = "other" }, Noon));
        Assert.Equal(WorkflowRegistration.Registered, await Schedules.RegisterPattern("acme", Pattern("p", 10), Noon));
        Assert.Equal(WorkflowRegistration.Registered, await Schedules.RegisterPattern("acme", Pattern("q", 2), Noon));
        Assert.Equal(WorkflowRegistration.Registered, await Schedules.RegisterPattern("other", Pattern("p", 1) with { Workflow = "other" }, Noon));
        await Reopen();

        Assert.Equal(10, (await Schedules.FindPattern("acme", "p", null))!.Pattern.Version);
        Assert.Equal(("w", Noon), ((await Schedules.FindPattern("acme", "p", 1))!.Pattern.Workflow, (await Schedules.FindPattern("acme", "p", 1))!.RegisteredAt));
        Assert.Null(await Schedules.FindPattern("acme", "p", 3));
        Assert.Equal([("p", 1), ("p", 10), ("q", 2)], Keys(await Schedules.ListPatterns("acme", null, null, 10)));
        Assert.Equal([("p", 10), ("q", 2)], Keys(await Schedules.ListPatterns("acme", null, ("p", 1), 10)));
        Assert.Equal([("p", 10)], Keys(await Schedules.ListPatterns("acme", "p", ("p", 1), 10)));
    }

    private static IEnumerable<(string, int)> Keys(IEnumerable<RegisteredPattern> patterns) => patterns.Select(found => (found.Pattern.Id, found.Pattern.Version));

    private static PatternDefinition Pattern(string id, int version) => new() { Id = id, Version = version, Workflow = "w", Input = System.Text.Json.JsonElement.Parse("""{"b":1,"a":2}""") };

    private static FireTime Due(int hours) => new(Noon.AddHours(hours), Noon.AddHours(hours).AddMilliseconds(250));

    private static NewSchedule New(string id, params string[] dependencies) => new(
        "acme", id, new ScheduleDefinition { Name = id, DependsOn = [.. dependencies] }, ExpectedVersion: 0, Next: null, KeepsTimes: false, SweepAt: null, Noon, LimitPerTenant: 100);

    private async Task<StoredSchedule> Put(NewSchedule schedule) => Assert.IsType<ScheduleWrite.Done>(await Schedules.PutSchedule(schedule)).Schedule;
}
