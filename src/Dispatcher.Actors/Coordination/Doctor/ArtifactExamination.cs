using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Coordination.Doctor;

/// <summary>Whether the files that a job's steps left are there, with their sizes.</summary>
internal static class ArtifactExamination
{
    public static IEnumerable<DoctorFinding> Examine(JobState state, IArtifactStore store)
    {
        var folder = store.FolderOf(state.Spec.Tenant, state.Id);
        // A later step may have written a file of the same name: what was recorded last counts.
        foreach (var artifact in Recorded(state).GroupBy(pair => pair.Artifact.Path, StringComparer.Ordinal).Select(group => group.MaxBy(pair => pair.EndedAt).Artifact))
        {
            if (SizeOf(folder, artifact.Path) is not { } bytes)
                yield return new DoctorFinding(DoctorProblem.ArtifactMissing, state.Id, $"The file {artifact.Path} of {artifact.Bytes:N0} bytes is not in {folder.Key}.");
            else if (bytes != artifact.Bytes)
                yield return new DoctorFinding(DoctorProblem.ArtifactSize, state.Id, $"The file {artifact.Path} has {bytes:N0} bytes, and {artifact.Bytes:N0} were recorded.");
        }
    }

    private static IEnumerable<(ArtifactReference Artifact, DateTimeOffset EndedAt)> Recorded(JobState state) =>
        from step in state.Steps.Concat(state.Steps.SelectMany(step => step.FanOut?.Items ?? []))
        from artifact in step.Artifacts ?? []
        select (artifact, step.EndedAt ?? DateTimeOffset.MinValue);

    private static long? SizeOf(ArtifactFolder folder, string path)
    {
        try
        {
            return folder.SizeOf(path);
        }
        catch (ArtifactPathException)
        {
            // Somebody put a link in the way: the file that was recorded is not reachable.
            return null;
        }
    }
}
