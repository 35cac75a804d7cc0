using System.Text.Json;
using Dispatcher.Coordination.Scheduling;
using Dispatcher.JobActors;
using Dispatcher.Workflows.Patterns;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Actors.Tests.Coordination.Scheduling;

/// <summary>What people do with schedules, and what becomes of those that are over.</summary>
public sealed class ScheduleBookTests : IDisposable
{
    private readonly ScheduleWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("61 * * * *", "invalid-schedule", "minute, column 1")]
    [InlineData("0 0 30 2 *", "invalid-schedule", "never fires")]
    public void Nonsense_IsRefused(string cron, string code, string message)
    {
        var outcome = _world.Node.Do(async () => await _world.Book.Create(ScheduleWorld.Tenant, "a", _world.Every(cron)));

        Assert.Equal(code, outcome.Refusal!.Code);
        Assert.Contains(message, outcome.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotThere_IsNamed()
    {
        Assert.Equal("unknown-workflow", Refused(_world.Every("@daily") with { Target = new ScheduleTarget("nobody") }));
        Assert.Equal("unknown-pattern", Refused(_world.Every("@daily") with { Target = new ScheduleTarget(Pattern: "nobody") }));
        Assert.Equal("unknown-dependency", Refused(_world.Every("@daily") with { DependsOn = ["nobody"] }));
        Assert.Equal("schedule-cycle", Refused(_world.Every("@daily") with { DependsOn = ["a"] }));
        Assert.Equal("invalid-schedule", Refused(_world.Every("@daily") with { Cron = null, At = _world.Node.Now }));

        string Refused(ScheduleDefinition definition) => _world.Node.Do(async () => await _world.Book.Create(ScheduleWorld.Tenant, "a", definition)).Refusal!.Code;
    }

    [Fact]
    public void ARunByHand_IsOneJob_ForOneKey()
    {
        _world.Create("a", _world.Every("@daily") with { Pause = new SchedulePause() });

        var first = Assert.IsType<CommandReply.Done>(Run("k"));
        Assert.Equal(first.JobId, Assert.IsType<CommandReply.Duplicate>(Run("k")).Existing);
        Assert.NotEqual(first.JobId, Assert.IsType<CommandReply.Done>(Run(null)).JobId);

        Assert.Equal(2, _world.Runs("a").Count);
        Assert.All(_world.Runs("a"), run => Assert.Equal("manual", run.Labels![FiringLabels.Cause]));
        Assert.Null(_world.Node.Do(async () => await _world.Book.Run("other", "a", null)));

        CommandReply? Run(string? key) => _world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, "a", key));
    }

    [Fact]
    public void ARunByHand_IsMade_HoweverLongItsKeyAndTheIdAre()
    {
        var id = new string('i', ScheduleLimits.IdCharacters);
        _world.Create(id, _world.Every("@daily"));

        var first = Assert.IsType<CommandReply.Done>(_world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, id, new string('k', 200))));
        var again = Assert.IsType<CommandReply.Duplicate>(_world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, id, new string('k', 200))));

        Assert.Equal(first.JobId, again.Existing);
    }

    /// <summary>A program that embeds the server may give its jobs any key.</summary>
    [Fact]
    public void AnotherJobWithARunsKey_IsNotTakenForTheRun()
    {
        _world.Create("a", _world.Every("@hourly"));
        var spec = _world.Node.Register("steps: [ { id: a, uses: noop } ]");
        _world.Node.Accept(spec with { IdempotencyKey = FiringKeys.OfRun("a", "k") });
        _world.Node.Accept(spec with { IdempotencyKey = FiringKeys.OfDue("a", Kernel.ManualTimeProvider.Epoch.AddHours(1)) });

        var refused = Assert.IsType<CommandReply.Refused>(_world.Node.Do(async () => await _world.Book.Run(ScheduleWorld.Tenant, "a", "k")));
        _world.Node.Advance(TimeSpan.FromHours(1));

        Assert.Equal("idempotency-conflict", refused.Rejection.Code);
        Assert.Equal((0L, 1L), (_world.Find("a").Record.Fired, _world.Find("a").Record.Failed));
        Assert.Empty(_world.Runs("a"));
    }

    [Fact]
    public void AnInputThatDoesNotFitTheWorkflow_IsRefused_WithItsPlace()
    {
        var picky = _world.Node.Register("input: { type: object, required: [week], properties: { week: { type: string, pattern: '^2026' }, n: { type: integer } } }\nsteps: [ { id: a, uses: noop } ]").Workflow;

        Assert.Equal(["input.n", "input.week"], Places(JsonElement.Parse("""{"week":"${schedule.id}","n":"1"}""")));
        Assert.Equal(["input"], Places(null));
        Assert.Empty(Places(JsonElement.Parse("""{"week":"${schedule.date}"}""")));
        // It is fired by hand, with an input.
        _world.Create("by-hand", _world.Every("@daily", picky) with { Cron = null });

        IEnumerable<string> Places(JsonElement? input)
        {
            var outcome = _world.Node.Do(async () => await _world.Book.Put(ScheduleWorld.Tenant, "a", _world.Every("@daily", picky) with { Input = input }, expectedVersion: null));
            return (outcome.Faults ?? []).Select(fault => fault.Path).Order(StringComparer.Ordinal);
        }
    }

    [Fact]
    public void ParametersThatDoNotFitThePattern_AreRefused_WithTheirPlace_AndPausingNeverIs()
    {
        _world.Register(new PatternDefinition { Id = "p", Version = 1, Workflow = _world.Quick.Name });
        var definition = _world.Every("@daily") with { Target = new ScheduleTarget(Pattern: "p"), Input = JsonElement.Parse("""{"x":"y"}""") };
        _world.Create("a", definition);
        _world.Register(new PatternDefinition { Id = "p", Version = 2, Workflow = _world.Quick.Name, Params = JsonElement.Parse("""{"type":"object","properties":{"x":{"type":"integer"}}}""") });

        var outcome = _world.Node.Do(async () => await _world.Book.Create(ScheduleWorld.Tenant, "b", definition));
        var paused = _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "a", new SchedulePause()));

        Assert.Equal("params.x", Assert.Single(outcome.Faults!).Path);
        Assert.NotNull(paused.Schedule!.Definition.Pause);
    }

    /// <summary>Whoever describes the schedule anew may have less to say than who paused it.</summary>
    [Fact]
    public void APauseThatSomebodyMade_StaysWhenTheScheduleIsReplaced()
    {
        _world.Create("a", _world.Every("@hourly"));
        _world.Node.Do(async () => await _world.Book.Pause(ScheduleWorld.Tenant, "a", new SchedulePause(_world.Node.Now.AddHours(3), "holiday", "ada")));

        _world.Node.Do(async () => await _world.Book.Put(ScheduleWorld.Tenant, "a", _world.Every("30 * * * *"), expectedVersion: null));
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Empty(_world.Dues("a"));
        Assert.Equal("ada", _world.Find("a").Definition.Pause!.By);
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Equal(["03:30:00"], _world.Dues("a"));

        // It is over, and nothing is left of it.
        _world.Node.Do(async () => await _world.Book.Put(ScheduleWorld.Tenant, "a", _world.Every("@daily"), expectedVersion: null));
        Assert.Null(_world.Find("a").Definition.Pause);
    }

    [Fact]
    public void AScheduleWhosePauseHasPassed_IsOver_WhenItHasNoTimesLeft()
    {
        var once = _world.Create("a", _world.Every("@daily") with { Cron = null, At = _world.Node.Now.AddMinutes(5), Pause = new SchedulePause(_world.Node.Now.AddHours(1)) });

        Assert.Equal(ScheduleStatus.Paused, ScheduleStatuses.Of(once, _world.Node.Now));
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Equal(ScheduleStatus.Over, ScheduleStatuses.Of(_world.Find("a"), _world.Node.Now));
    }

    [Fact]
    public void ABackfill_MakesTheRunsOfARange_OfWhichThoseThatWereFired_StayAsTheyAre()
    {
        _world.Create("a", _world.Every("@hourly"));
        _world.Node.Advance(TimeSpan.FromHours(2.5));
        var midnight = Kernel.ManualTimeProvider.Epoch;

        var (runs, refusal) = _world.Node.Do(async () => await _world.Book.Backfill(ScheduleWorld.Tenant, "a", midnight.AddHours(-2), midnight.AddHours(2)));

        Assert.Null(refusal);
        Assert.Equal([true, true, true, false, false], runs!.Select(run => run.IsNew));
        Assert.Equal(5, _world.Runs("a").Count);
        Assert.Equal(3, _world.Runs("a").Count(run => run.Labels![FiringLabels.Cause] == "backfill"));
        (_, refusal) = _world.Node.Do(async () => await _world.Book.Backfill(ScheduleWorld.Tenant, "a", midnight, midnight.AddDays(1)));
        Assert.Contains("future", refusal!.Message, StringComparison.Ordinal);
        (_, refusal) = _world.Node.Do(async () => await _world.Book.Backfill(ScheduleWorld.Tenant, "a", midnight.AddDays(-100), midnight));
        Assert.Contains("more than 1000 times", refusal!.Message, StringComparison.Ordinal);
        (_, refusal) = _world.Node.Do(async () => await _world.Book.Backfill(ScheduleWorld.Tenant, "a", DateTimeOffset.MinValue, midnight));
        Assert.Equal(("invalid-range", "The range begins before 1970."), (refusal!.Code, refusal.Message));
        (_, refusal) = _world.Node.Do(async () => await _world.Book.Backfill(ScheduleWorld.Tenant, "b", midnight, midnight));
        Assert.Equal("unknown-schedule", refusal!.Code);
    }

    [Fact]
    public void APattern_IsFired_WithTheSchedulesParameters()
    {
        _world.Register(new PatternDefinition
        {
            Id = "report",
            Version = 1,
            Workflow = _world.Quick.Name,
            Input = JsonElement.Parse("""{"of":"${params.day}"}"""),
            Labels = JsonElement.Parse("""{"day":"${params.day}"}"""),
        });
        _world.Create("a", new ScheduleDefinition { Name = "a", Cron = "@daily", Target = new ScheduleTarget(Pattern: "report"), Input = JsonElement.Parse("""{"day":"${schedule.date}"}""") });

        _world.Node.Advance(TimeSpan.FromDays(1));

        var run = Assert.Single(_world.Runs("a"));
        Assert.Equal(("2026-01-02", "report"), (run.Labels!["day"], run.Labels[PatternJob.Label]));
        Assert.Equal("""{"of":"2026-01-02"}""", _world.Node.StateOf(run.Id).Spec.Input!.Value.GetRawText());
    }

    [Fact]
    public void AScheduleThatIsOver_IsArchived_AndDeleted_WhenItsOwnerSaidSo()
    {
        _world.Create("once", _world.Every("@daily") with { Cron = null, At = _world.Node.Now.AddMinutes(5), ArchiveAfter = TimeSpan.FromHours(3), DeleteAfter = TimeSpan.FromHours(6) });
        _world.Create("daily", _world.Every("@daily") with { ArchiveAfter = TimeSpan.FromHours(1), DeleteAfter = TimeSpan.FromHours(2) });

        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.Null(_world.Find("once").ArchivedAt);
        _world.Node.Advance(TimeSpan.FromHours(2));
        Assert.NotNull(_world.Find("once").ArchivedAt);
        _world.Node.Advance(TimeSpan.FromHours(4));

        Assert.Null(_world.Find("once"));
        Assert.Single(_world.Runs("once"));
        Assert.Null(_world.Find("daily").ArchivedAt);
    }
}
