//! A QR code for tests, made by another program (python-qrcode), and small files around it.

/// What the code says.
pub(crate) const QR_TEXT: &[u8] = b"https://evil.example/login?u=1";

const QR: [&str; 29] = [
    "#######.#..##..##.#...#######",
    "#.....#..######.###...#.....#",
    "#.###.#.#.###.####.#..#.###.#",
    "#.###.#..####.#..###..#.###.#",
    "#.###.#......###.##...#.###.#",
    "#.....#.#..##..#.##.#.#.....#",
    "#######.#.#.#.#.#.#.#.#######",
    "...........##.###.###........",
    "#.#...##...####.....#..#..#.#",
    "#.###...#....##..#.#..#....##",
    "#####.##..###..#.###...####.#",
    "..#.##....##.#....#.#.####...",
    "##....#...##.#.##..##.##....#",
    ".##.##.#..##....##.##.##...##",
    "####..####...##.#..##.#.#...#",
    ".#.###....###.###...##..#....",
    "#####.###....##...#.#.##....#",
    "..##.#..#...###..#######..###",
    "##.#..###.##...#...###.#.#..#",
    "...#...###.#.#....#....#.....",
    "###.####..####.##..#######.#.",
    "........###.....#.###...###.#",
    "#######.#..#.##.##..#.#.#...#",
    "#.....#..##...###.###...#...#",
    "#.###.#..##.###.#.########...",
    "#.###.#...##..#..###.#.#####.",
    "#.###.#.#...####.#...#..#..##",
    "#.....#..###.#....#.#..#.#...",
    "#######.##..#.##..#.#.#.##..#",
];

/// True on dark modules of the code.
pub(crate) fn is_dark(x: i32, y: i32) -> bool {
    let row = usize::try_from(y).ok().and_then(|y| QR.get(y));
    row.and_then(|row| row.as_bytes().get(usize::try_from(x).ok()?)).is_some_and(|module| *module == b'#')
}

/// A picture of the code in colours: three samples a module and a margin of four modules.
pub(crate) fn coloured() -> image::RgbImage {
    image::RgbImage::from_fn(111, 117, |x, y| {
        let at = |z: u32| i32::try_from(z / 3).unwrap() - 4;
        let shade = u8::try_from(x / 2).unwrap();
        if is_dark(at(x), at(y)) { image::Rgb([shade, 0, 40]) } else { image::Rgb([255, 255 - shade / 4, 240]) }
    })
}

/// `picture` in `format`, as the encoders of `image` write it.
pub(crate) fn encoded(picture: impl Into<image::DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A TIFF of two pages: colours, and grays.
pub(crate) fn two_pages() -> Vec<u8> {
    let picture = coloured();
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    encoder.write_image::<::tiff::encoder::colortype::RGB8>(111, 117, picture.as_raw()).unwrap();
    let grays = image::DynamicImage::from(picture).into_luma8();
    encoder.write_image::<::tiff::encoder::colortype::Gray8>(111, 117, grays.as_raw()).unwrap();
    file.into_inner()
}

/// A file of each type with samples.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    use image::{DynamicImage, ImageFormat};
    let picture = || DynamicImage::from(coloured());
    let small = || picture().resize_exact(40, 40, image::imageops::FilterType::Nearest).into_rgba8();
    vec![
        ("png", encoded(picture(), ImageFormat::Png)),
        ("png", encoded(picture().into_rgba16(), ImageFormat::Png)),
        ("png", encoded(picture().into_luma_alpha8(), ImageFormat::Png)),
        ("jpeg", encoded(picture(), ImageFormat::Jpeg)),
        ("jpeg", encoded(picture().into_luma8(), ImageFormat::Jpeg)),
        ("gif", encoded(small(), ImageFormat::Gif)),
        ("bmp", encoded(small(), ImageFormat::Bmp)),
        ("ico", encoded(small(), ImageFormat::Ico)),
        ("webp", encoded(small(), ImageFormat::WebP)),
        ("tiff", two_pages()),
    ]
}
