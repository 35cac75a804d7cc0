namespace Dispatcher.Steps.Artifacts;

/// <summary>A file name that the artifact store refuses.</summary>
public sealed class ArtifactPathException(string message) : Exception(message);
