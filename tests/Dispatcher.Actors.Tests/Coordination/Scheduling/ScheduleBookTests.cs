using System.Text.Json;
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
