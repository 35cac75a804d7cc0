using System.Text.Json;
using Dispatcher.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Yoga.Library;
using Yoga.Playbooks;

namespace Yoga.Steps;

/// <summary>The capabilities of the pipeline, each a step handler around its playbook.</summary>
internal static class PlaybookSteps
{
    public static IServiceCollection AddPlaybooks(this IServiceCollection services, YogaOptions options, Pace pace) => services
        .AddSingleton(options)
        .AddSingleton(pace)
        .AddStepHandler<QualityCheckStep>()
        .AddStepHandler<MotionSegmentationStep>()
        .AddStepHandler<PoseAssessmentStep>()
        .AddStepHandler<SafetyEngineStep>()
        .AddStepHandler<CoachMappingStep>()
        .AddStepHandler<NarrationScriptStep>()
        .AddStepHandler<SessionReportStep>()
        .AddStepHandler<ResultPackagerStep>();
}

/// <param name="Recording">The job's <c>keypoints_data</c>.</param>
internal sealed record RecordingInput(JsonElement Recording);

internal sealed record AssessmentInput(JsonElement Recording, IReadOnlyList<Segment> Segments);

internal sealed record SafetyInput(JsonElement Recording, IReadOnlyList<PoseEvent> Events, double VideoConfidence);

internal sealed record CoachingInput(IReadOnlyList<Segment> Segments, SafetyResult Safety);

internal sealed record ReportInput(JsonElement Recording, SegmentationResult Segmentation, AssessmentSummary Assessment, SafetyResult Safety, NarrationResult Narration);

/// <summary>What did not run is null.</summary>
internal sealed record PackageInput(QualityResult Quality, SegmentationResult? Segmentation, SafetyResult? Safety, CoachResult? Coach, NarrationResult? Narration);

internal sealed class QualityCheckStep(YogaOptions options, Pace pace) : Playbook<RecordingInput, QualityResult>("yogacoach.quality_check", pace)
{
    protected override QualityResult Run(RecordingInput input, DateTimeOffset now, string jobId) => QualityCheck.Run(RecordingReader.Read(input.Recording), options.Quality);
}

internal sealed class MotionSegmentationStep(YogaOptions options, Pace pace) : Playbook<RecordingInput, SegmentationResult>("yogacoach.motion_segmentation", pace)
{
    protected override SegmentationResult Run(RecordingInput input, DateTimeOffset now, string jobId) =>
        MotionSegmentation.Run(RecordingReader.Read(input.Recording), AsanaLibrary.Default, options.Segmentation, options.Quality.JointDetection);
}

internal sealed class PoseAssessmentStep(YogaOptions options, Pace pace) : Playbook<AssessmentInput, AssessmentResult>("yogacoach.pose_assessment", pace)
{
    protected override AssessmentResult Run(AssessmentInput input, DateTimeOffset now, string jobId) =>
        PoseAssessment.Run(RecordingReader.Read(input.Recording), input.Segments, AsanaLibrary.Default, options.Assessment, options.Quality.JointDetection);
}

internal sealed class SafetyEngineStep(YogaOptions options, Pace pace) : Playbook<SafetyInput, SafetyResult>("yogacoach.safety_engine", pace)
{
    protected override SafetyResult Run(SafetyInput input, DateTimeOffset now, string jobId) =>
        SafetyEngine.Run(input.Events, input.VideoConfidence, RecordingReader.Read(input.Recording).UserPainReport, options.Safety);
}

internal sealed class CoachMappingStep(YogaOptions options, Pace pace) : Playbook<CoachingInput, CoachResult>("yogacoach.coach_mapping", pace)
{
    protected override CoachResult Run(CoachingInput input, DateTimeOffset now, string jobId) => CoachMapping.Run(input.Segments, input.Safety, AsanaLibrary.Default, options.Coaching);
}

internal sealed class NarrationScriptStep(YogaOptions options, Pace pace) : Playbook<CoachingInput, NarrationResult>("yogacoach.narration_script", pace)
{
    protected override NarrationResult Run(CoachingInput input, DateTimeOffset now, string jobId) => NarrationScript.Run(input.Segments, input.Safety, AsanaLibrary.Default, options.Coaching);
}

internal sealed class SessionReportStep(YogaOptions options, Pace pace) : Playbook<ReportInput, ReportResult>("yogacoach.session_report", pace)
{
    protected override ReportResult Run(ReportInput input, DateTimeOffset now, string jobId)
    {
        var recording = RecordingReader.Read(input.Recording);
        return SessionReport.Run(
            recording.Duration, input.Segmentation, input.Assessment, input.Safety, input.Narration, recording.PreviousScores, AsanaLibrary.Default, options.Report);
    }
}

internal sealed class ResultPackagerStep(YogaOptions options, Pace pace, IServer server) : Playbook<PackageInput, PackageResult>("yogacoach.result_packager", pace)
{
    protected override PackageResult Run(PackageInput input, DateTimeOffset now, string jobId) =>
        ResultPackager.Run(input.Quality, input.Segmentation, input.Safety, input.Coach, input.Narration, jobId, options.Package.ShareUrl ?? Address, now, options.Package);

    private string Address => server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
}
