namespace MicroWorld.Training;

/// <summary>The image tower of a micro CLIP.</summary>
internal enum MicroTower
{
    ResNet,
    ViT,
}
