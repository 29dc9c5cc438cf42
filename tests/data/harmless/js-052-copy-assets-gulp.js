const gulp = require('gulp');
const sass = require('gulp-sass')(require('sass'));
const { deleteAsync } = require('del');

const clean = () => deleteAsync(['dist/**', '!dist/.gitkeep']);

const styles = () =>
  gulp
    .src('src/styles/*.scss')
    .pipe(sass({ style: 'compressed' }).on('error', sass.logError))
    .pipe(gulp.dest('dist/css'));

const assets = () => gulp.src('src/assets/**/*', { encoding: false }).pipe(gulp.dest('dist/assets'));

exports.clean = clean;
exports.default = gulp.series(clean, gulp.parallel(styles, assets));
