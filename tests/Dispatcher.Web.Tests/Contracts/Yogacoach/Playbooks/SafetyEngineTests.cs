using Yoga;
using Yoga.Keypoints;
using Yoga.Playbooks;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Playbook 4: what is allowed.</summary>
public sealed class SafetyEngineTests
{
    [Fact]
    public void WithoutEvents_EverythingIsAllowed()
    {
        var result = Run([]);

        Assert.Equal(new AllowedActions(true, true, true, true, true, true, SafetyLabel.Green, "No deviation was seen."), result.AllowedActions);
        Assert.Empty(result.PrioritizedEvents);
        Assert.Equal(ConfidenceLevel.High, result.ConfidenceAssessment.Level);
    }

    [Fact]
    public void AYellowEvent_AllowsNothingDeeper()
    {
        var allowed = Run([Bodies.Event(Severity.Yellow, 1.5)]).AllowedActions;

        Assert.Equal(SafetyLabel.Yellow, allowed.SafetyLabel);
        Assert.True(allowed is { ContinuePractice: true, RepeatPose: true, HoldLonger: true, GiveAdjustments: true, DeepenPose: false, AdvanceLevel: false });
    }

    [Fact]
    public void ARedEvent_AllowsAnotherTryWithCorrectionsOnly()
    {
        var allowed = Run([Bodies.Event(Severity.Yellow, 1.9), Bodies.Event(Severity.Red, 2.5)]).AllowedActions;

        Assert.Equal(SafetyLabel.Red, allowed.SafetyLabel);
        Assert.Equal("left_knee was off by 2.5 times what is tolerated.", allowed.Reason);
        Assert.True(allowed is { ContinuePractice: false, RepeatPose: true, HoldLonger: false, GiveAdjustments: true, DeepenPose: false, AdvanceLevel: false });
    }

    [Fact]
    public void ReportedPain_IsRed_AndAllowsNothing()
    {
        var result = Run([], pain: new PainReport(true, ["left wrist"]));

        Assert.Equal(new AllowedActions(false, false, false, false, false, false, SafetyLabel.Red, "Pain was reported: left wrist."), result.AllowedActions);
        Assert.Equal(["left wrist"], result.PainStatus.Areas);
        Assert.True(result.PainStatus.Reported);
    }

    [Fact]
    public void Events_ComeRedFirst_ThenYellow_ThenByValue()
    {
        var result = Run([Bodies.Event(Severity.Yellow, 1.1, name: "a"), Bodies.Event(Severity.Red, 2.1, name: "b"), Bodies.Event(Severity.Yellow, 1.9, name: "c"), Bodies.Event(Severity.Red, 3, name: "d")]);

        Assert.Equal(["d", "b", "c", "a"], result.PrioritizedEvents.Select(@event => @event.Name));
    }

    [Theory]
    [InlineData(0.49, ConfidenceLevel.Low)]
    [InlineData(0.5, ConfidenceLevel.Medium)]
    [InlineData(0.69, ConfidenceLevel.Medium)]
    [InlineData(0.7, ConfidenceLevel.High)]
    public void VideoConfidence_BelowFiveTenthsIsLow_BelowSevenTenthsMedium(double confidence, ConfidenceLevel level) =>
        Assert.Equal(level, Run([], confidence).ConfidenceAssessment.Level);

    /// <summary>More than half of the events below 0.7.</summary>
    [Theory]
    [InlineData(2, 2, ConfidenceLevel.High)]
    [InlineData(3, 2, ConfidenceLevel.Medium)]
    public void UnsureEvents_AboveHalf_MakeItMedium(int unsure, int sure, ConfidenceLevel level)
    {
        var events = Enumerable.Repeat(Bodies.Event(Severity.Yellow, 1.2, 0.69), unsure).Concat(Enumerable.Repeat(Bodies.Event(Severity.Yellow, 1.2, 0.7), sure)).ToList();

        var assessment = Run(events, 0.9).ConfidenceAssessment;

        Assert.Equal(level, assessment.Level);
        Assert.Equal((double)unsure / (unsure + sure), assessment.UnsureEvents, 1e-9);
    }

    [Fact]
    public void AnUnsureVideo_IsNotCalledSafe() => Assert.Equal(SafetyLabel.Yellow, Run([], 0.4).AllowedActions.SafetyLabel);

    private static SafetyResult Run(IReadOnlyList<PoseEvent> events, double confidence = 0.9, PainReport? pain = null) => SafetyEngine.Run(events, confidence, pain, new SafetyOptions());
}
