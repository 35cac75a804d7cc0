using Yoga;
using Yoga.Keypoints;
using Yoga.Playbooks;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>Playbooks 5, 6 and 7, and the packager: what the user gets to see.</summary>
public sealed class FeedbackTests
{
    private static readonly IReadOnlyList<Segment> Practised = [Bodies.Segment("warrior_2", 2, 12), Bodies.Segment("tree", 14, 20)];

    [Fact]
    public void Playlist_HasAClipForEachEvent_AtItsSecond()
    {
        var coach = Coach(Safety(Bodies.Event(Severity.Yellow, 1.5, name: "left_knee"), Bodies.Event(Severity.Red, 3, name: "torso")));

        Assert.Equal(
            ["https://www.youtube.com/watch?v=yoga-warrior-2&t=150s", "https://www.youtube.com/watch?v=yoga-warrior-2&t=60s", "https://www.youtube.com/watch?v=yoga-warrior-2&t=0s", "https://www.youtube.com/watch?v=yoga-tree&t=0s"],
            coach.Playlist.Select(item => item.Url));
        Assert.Equal(45 + 45 + 60 + 60, coach.TotalWatchTime);
        Assert.Equal(4, coach.TotalItems);
    }

    [Fact]
    public void Playlist_HasFiveItemsAtMost()
    {
        var events = from asana in Bodies.Library from clip in asana.Clips where clip.For is not ("whole" or "symmetry" or "stability") select Bodies.Event(Severity.Yellow, 1.5, name: $"left_{clip.For}", asana: asana.AsanaId);

        var coach = Coach(Safety([.. events]));

        Assert.Equal(5, coach.TotalItems);
        Assert.Equal(5, coach.Playlist.Select(item => item.Url).Distinct().Count());
    }

    [Fact]
    public void Playlist_ShowsAFilmOnce_ForBothKnees() =>
        Assert.Equal(3, Coach(Safety(Bodies.Event(Severity.Yellow, 1.5, name: "left_knee"), Bodies.Event(Severity.Yellow, 1.4, name: "right_knee"))).TotalItems);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(7, 1)]
    public void Narration_HasOneFocusPoint_AndTwoAtMost(int wanted, int further)
    {
        var safety = Safety(Bodies.Event(Severity.Yellow, 1.5, name: "left_knee"), Bodies.Event(Severity.Yellow, 1.4, name: "torso"), Bodies.Event(Severity.Yellow, 1.3, name: "right_knee"));

        var narration = NarrationScript.Run(Practised, safety, Bodies.Library, new CoachingOptions { FocusPoints = wanted });

        Assert.Equal("left_knee", narration.MainFeedback.FocusPoint);
        Assert.Equal("In Warrior II (Virabhadrasana II) your left knee was at 70 degrees; the pose asks for 90.", narration.MainFeedback.Observation);
        Assert.Equal("Mind the left_knee.", narration.MainFeedback.Adjustment);
        Assert.Equal("Keep the front knee behind the toes.", narration.MainFeedback.SafetyNote);
        Assert.NotEmpty(narration.MainFeedback.SelfCheck);
        Assert.Equal(further, narration.FurtherFeedback.Count);
        Assert.Equal(1 + further, narration.OnScreenCues.Count);
        Assert.Equal(2, narration.AlternativePaths.Count);
    }

    [Fact]
    public void Narration_WithoutEvents_SaysToKeepIt()
    {
        var narration = Narration(Safety());

        Assert.Equal("keep", narration.MainFeedback.FocusPoint);
        Assert.Empty(narration.AlternativePaths);
        Assert.Empty(narration.OnScreenCues);
    }

    [Fact]
    public void Narration_InPain_AdjustsNothing()
    {
        var narration = Narration(SafetyEngine.Run([Bodies.Event(Severity.Red, 3)], 0.9, new PainReport(true), new SafetyOptions()));

        Assert.Equal("rest", narration.MainFeedback.FocusPoint);
        Assert.Empty(narration.OnScreenCues);
    }

    [Fact]
    public void Report_SumsTheSessionUp()
    {
        var report = Report(Safety(Bodies.Event(Severity.Yellow, 1.5)), new AssessmentSummary(2, 1, 0, 1));

        // 1 - 0.25 * 1 / 2
        Assert.Equal(new ReportSummary(21, 2, SafetyLabel.Yellow, 1, 0, 1, 16, 0.875), report.Summary);
        Assert.Equal(["Mind the left_knee.", "You held Warrior II (Virabhadrasana II) for 6 seconds.", "2 poses were analysed."], report.ThreeKeyPoints);
        Assert.Equal("Keep the front knee behind the toes.", report.OneAvoidPoint);
        Assert.Equal("left_knee", report.NextSessionPlan.Focus);
        Assert.Equal(15, report.NextSessionPlan.Minutes);
        Assert.Equal(new ProgressTracking(Trend.Stable, 0.875, null), report.ProgressTracking);
    }

    [Fact]
    public void Report_AlwaysHasThreeKeyPoints()
    {
        Assert.Equal(3, Report(Safety(), new AssessmentSummary(2, 0, 0, 0)).ThreeKeyPoints.Count);
        Assert.Equal(3, Report(Safety([.. Enumerable.Range(0, 9).Select(i => Bodies.Event(Severity.Yellow, 1.5, name: $"left_{i}", type: "symmetry"))]), new AssessmentSummary(2, 9, 0, 9)).ThreeKeyPoints.Count);
    }

    [Theory]
    [InlineData(2, 0, 0, 1)]
    [InlineData(2, 1, 0, 0.75)]
    [InlineData(2, 1, 2, 0.5)]
    [InlineData(1, 3, 0, 0)]
    [InlineData(0, 0, 0, 0)]
    public void Score_TakesAHalfForARedEvent_AndAQuarterForAYellowOne(int segments, int red, int yellow, double score) =>
        Assert.Equal(score, SessionReport.Score(new AssessmentSummary(segments, red + yellow, red, yellow)));

    /// <summary>Against the mean of the last three; a change of 0.05 is none.</summary>
    [Theory]
    [InlineData(0.9, "", Trend.Stable)]
    [InlineData(0.9, "0.8", Trend.Improving)]
    [InlineData(0.85, "0.81", Trend.Stable)]
    [InlineData(0.7, "0.8", Trend.Degrading)]
    [InlineData(0.6, "0 0.6 0.6 0.6", Trend.Stable)]
    public void Trend_IsImproving_Stable_OrDegrading(double score, string previous, Trend trend)
    {
        double[] scores = [.. previous.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture))];

        Assert.Equal(trend, SessionReport.TrendOf(score, scores, new ReportOptions()));
    }

    [Fact]
    public void Package_HoldsACard_PlaylistsAndALinkFor72Hours()
    {
        var safety = Safety(Bodies.Event(Severity.Yellow, 1.5));
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        var package = ResultPackager.Run(Quality(ConfidenceGate.Pass), Segmentation, safety, Coach(safety), Narration(safety), "a-job", "http://127.0.0.1:1", now, new PackageOptions());

        Assert.Equal(Outcome.Analyzed, package.Outcome);
        Assert.Equal(SafetyLabel.Yellow, package.DeliveryBundle.MainCard.SafetyLabel);
        Assert.Equal(3, package.DeliveryBundle.Playlists.Count);
        Assert.Equal("http://127.0.0.1:1/api/yogacoach/jobs/a-job/status", package.DeliveryBundle.ShareLink);
        Assert.Equal(now.AddDays(3), package.DeliveryBundle.ShareLinkExpiresAt);
    }

    [Theory]
    [InlineData(ConfidenceGate.Reject, Outcome.Reject)]
    [InlineData(ConfidenceGate.ReShoot, Outcome.ReShoot)]
    [InlineData(ConfidenceGate.Pass, Outcome.NotInLibrary)]
    public void Package_OfWhatWasNotAnalysed_SaysWhy(ConfidenceGate gate, Outcome outcome)
    {
        var package = ResultPackager.Run(Quality(gate), gate == ConfidenceGate.Pass ? new SegmentationResult([], [], false, 0, 0) : null, null, null, null, "a-job", "http://127.0.0.1:1", default, new PackageOptions());

        Assert.Equal(outcome, package.Outcome);
        Assert.Null(package.DeliveryBundle.MainCard.SafetyLabel);
        Assert.Empty(package.DeliveryBundle.Playlists);
        if (gate != ConfidenceGate.Pass) Assert.Equal("Do this. Do that.", package.DeliveryBundle.MainCard.Text);
    }

    private static SegmentationResult Segmentation => new(Practised, [], true, 16, 0.266667);

    private static QualityResult Quality(ConfidenceGate gate) => new(0.5, gate, [], gate == ConfidenceGate.Pass ? [] : ["Do this.", "Do that."], 1, 0.9, new PrivacyReceipt(true, 1, false, "keypoints"));

    private static SafetyResult Safety(params PoseEvent[] events) => SafetyEngine.Run(events, 0.9, null, new SafetyOptions());

    private static CoachResult Coach(SafetyResult safety) => CoachMapping.Run(Practised, safety, Bodies.Library, new CoachingOptions());

    private static NarrationResult Narration(SafetyResult safety) => NarrationScript.Run(Practised, safety, Bodies.Library, new CoachingOptions());

    private static ReportResult Report(SafetyResult safety, AssessmentSummary summary) => SessionReport.Run(21, Segmentation, summary, safety, Narration(safety), [], Bodies.Library, new ReportOptions());
}
