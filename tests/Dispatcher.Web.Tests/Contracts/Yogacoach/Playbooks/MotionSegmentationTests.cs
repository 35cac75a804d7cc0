using Yoga;
using Yoga.Keypoints;
using Yoga.Playbooks;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Playbook 2: which poses, when, and how surely.</summary>
public sealed class MotionSegmentationTests
{
    [Theory]
    [MemberData(nameof(BodyAngleTests.Poses), MemberType = typeof(BodyAngleTests))]
    public void Run_KnowsEachPoseOfTheLibrary(string asanaId, string posture)
    {
        var segment = Assert.Single(Bodies.Segments(Bodies.Holding((Posture)typeof(Posture).GetProperty(posture)!.GetValue(null)!, 5)).Segments);

        Assert.Equal(asanaId, segment.AsanaId);
        Assert.Equal(0, segment.StartTime);
        Assert.Equal(5, segment.EndTime, 1e-9);
    }

    /// <summary>50 % likeness (1: no angle is off), 30 % confidence of the joints (0.8), 20 % stillness (1).</summary>
    [Fact]
    public void Confidence_IsHalfClassification_ThreeTenthsKeypoints_TwoTenthsPhase() =>
        Assert.Equal(0.5 + 0.3 * 0.8 + 0.2, Bodies.Segments(Bodies.Holding(Posture.Warrior2, 5, confidence: 0.8)).Segments[0].Confidence, 1e-9);

    /// <summary>Nobody who runs about holds a pose: without the phase's part, 0.5 + 0.3 c must be above 0.7.</summary>
    [Theory]
    [InlineData(0.68, true)]
    [InlineData(0.66, false)]
    public void ASegment_IsAcceptedAboveSevenTenths(double confidence, bool accepted)
    {
        var result = Bodies.Segments(Bodies.Holding(Posture.Warrior2, 5, confidence, sway: time => 500 * time));

        Assert.Equal(accepted, result.Segments.Count == 1);
        Assert.Equal(accepted, result.Recognized);
        if (accepted) Assert.Equal(Math.Round(0.5 + 0.3 * confidence, 4), result.Segments[0].Confidence, 1e-9);
        else Assert.Equal(new UnrecognizedSegment(0, 5, "low_confidence"), Assert.Single(result.UnrecognizedSegments));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(2.95, false)]
    public void ASegment_IsAcceptedFromThreeSecondsOn(double seconds, bool accepted) =>
        Assert.Equal(accepted, Bodies.Segments(Bodies.Holding(Posture.Warrior2, seconds)).Segments.Count == 1);

    [Fact]
    public void Phases_AreTwentySixtyTwentyPercent()
    {
        var phases = Phases.Of(10, 20, new SegmentationOptions());

        Assert.Equal(new Span(10, 12), phases.Entry);
        Assert.Equal(new Span(12, 18), phases.Hold);
        Assert.Equal(new Span(18, 20), phases.Exit);
    }

    [Fact]
    public void APoseOfNoLibrary_IsUnrecognized_NotInLibrary()
    {
        var result = Bodies.Segments(Bodies.Holding(Posture.UpwardSalute, 6));

        Assert.Empty(result.Segments);
        Assert.False(result.Recognized);
        Assert.Equal(new UnrecognizedSegment(0, 6, "not_in_library"), Assert.Single(result.UnrecognizedSegments));
        Assert.Equal(0, result.BillableMinutes);
    }

    [Fact]
    public void AMirroredPose_IsTheSamePoseOfTheOtherSide()
    {
        var left = Bodies.Segments(Bodies.Holding(Posture.Warrior2, 5)).Segments[0];
        var right = Bodies.Segments(Bodies.Holding(new Posture(90, 0, 0, 180, 180, 320, 320, 190, 280), 5)).Segments[0];

        Assert.Equal(("warrior_2", "left"), (left.AsanaId, left.Side));
        Assert.Equal(("warrior_2", "right"), (right.AsanaId, right.Side));
        Assert.Equal(left.Confidence, right.Confidence, 1e-9);
    }

    /// <summary>Two poses of 6 and 9 seconds: 15 s of analysed time are a quarter of a minute, however long the video is.</summary>
    [Fact]
    public void BillableMinutes_AreTheSegmentsSecondsBySixty()
    {
        var first = Bodies.Holding(Posture.Warrior2, 6).Frames;
        var between = Bodies.Holding(Posture.UpwardSalute, 4).Frames;
        var second = Bodies.Holding(Posture.Tree, 9).Frames;
        Frame[] all = [.. first, .. between, .. second];
        var result = Bodies.Segments(new Recording { Frames = [.. all.Select((frame, index) => frame with { FrameId = index, Timestamp = index / 20.0 })] });

        Assert.Equal(["warrior_2", "tree"], result.Segments.Select(segment => segment.AsanaId));
        Assert.Equal(15, result.AnalysedSeconds, 1e-9);
        Assert.Equal(0.25, result.BillableMinutes, 1e-9);
        Assert.Equal(new UnrecognizedSegment(6, 10, "not_in_library"), Assert.Single(result.UnrecognizedSegments));
    }

    /// <summary>A few frames in which the detector saw something else do not end a pose; half a second does.</summary>
    [Theory]
    [InlineData(6, 1)]
    [InlineData(10, 2)]
    public void AShortLapse_IsBridged(int frames, int segments)
    {
        var recording = Bodies.Holding(Posture.Warrior2, 10);
        var lapse = recording with { Frames = [.. recording.Frames.Select((frame, index) => index >= 100 && index < 100 + frames ? Bodies.FrameOf(Posture.UpwardSalute, index, frame.Timestamp) : frame)] };

        Assert.Equal(segments, Bodies.Segments(lapse).Segments.Count);
    }

    [Fact]
    public void Likeness_IsTheGeometricMeanOfTheAngles()
    {
        var form = new PoseForm(Bodies.Library.First(asana => asana.AsanaId == "mountain"), IsMirrored: false);
        var measured = form.Angles.Values.ToDictionary(angle => angle.Angle, angle => angle.Target, StringComparer.Ordinal);
        Assert.Equal(1, PoseClassifier.Likeness(form, measured, 60), 1e-12);

        measured["left_knee"] -= 30;
        Assert.Equal(Math.Pow(0.5, 1 / 9.0), PoseClassifier.Likeness(form, measured, 60), 1e-12);

        measured["left_knee"] -= 30;
        Assert.Equal(0, PoseClassifier.Likeness(form, measured, 60));
    }

    [Fact]
    public void TooFewAngles_SayNothing()
    {
        var form = new PoseForm(Bodies.Library[0], IsMirrored: false);

        Assert.Equal(0, PoseClassifier.Likeness(form, form.Angles.Values.Take(5).ToDictionary(angle => angle.Angle, angle => angle.Target), 60));
        Assert.Equal(1, PoseClassifier.Likeness(form, form.Angles.Values.Take(6).ToDictionary(angle => angle.Angle, angle => angle.Target), 60), 1e-12);
    }

    [Fact]
    public void NoFrames_AreNoSegments() => Assert.Equal(0, Bodies.Segments(new Recording()).AnalysedSeconds);
}
